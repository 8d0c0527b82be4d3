// What the program answers, and otherwise why not, in words for people.

const PATIENCE_MS = 30000;

export const NO_ANSWER = "The program does not answer.";

/** Returns the JSON that the program answers; throws an error whose message is for people. */
export async function ask(address, options) {
  let answer, text;
  try {
    answer = await fetch(address, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
    text = await answer.text();
  } catch {
    throw new Error(NO_ANSWER);
  }
  const kind = answer.headers.get("Content-Type") ?? "";
  if (kind.startsWith("application/json")) {
    const content = JSON.parse(text);
    if (answer.ok) return content;
    throw new Error(content.error);
  }
  if (kind.startsWith("text/plain") && text.trim()) throw new Error(text.trim());
  throw new Error(`${answer.status} ${answer.statusText} is no answer of the program.`);
}
