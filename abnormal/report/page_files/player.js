// The videos and panels of all models, which always show the same moment.

const DRIFT_SEC = 0.08; // a video that is further off than this is synchronised again

class Player {
  /** onTime is called with the time, in seconds, whenever it changes. */
  constructor(onTime) {
    this.onTime = onTime;
    this.players = [...document.querySelectorAll("video")];
    this.playing = false;
    for (const player of this.players) {
      player.addEventListener("error", () => this.complain(player));
      player.addEventListener("loadedmetadata", () => { player.currentTime = this.seconds; });
      player.addEventListener("ended", () => player === this.leader() && this.pause());
    }
  }

  /** Shows another video from its beginning. */
  show(video) {
    this.pause();
    this.video = video;
    for (const player of this.players) {
      const { kind, model } = player.dataset;
      const { name } = data.models[model];
      const what = kind === "video" ? "with its alarms" : "in four panels";
      player.nextElementSibling?.remove();
      player.hidden = false;
      player.ariaLabel = `${video.name} as ${name} sees it, ${what}`;
      player.src = video.seen[model][kind];
      player.playbackRate = this.rate ?? 1;
    }
    this.seek(0);
  }

  /** Goes to the frame that is shown at a moment. */
  seek(seconds) {
    this.seekFrame(Math.floor(seconds * this.video.fps + 0.001));
  }

  seekFrame(frame) {
    this.seconds = middleOf(clamped(frame, 0, this.video.frames - 1), this.video);
    for (const player of this.players) player.currentTime = this.seconds;
    this.onTime(this.seconds);
  }

  get frame() {
    return clamped(Math.floor(this.seconds * this.video.fps), 0, this.video.frames - 1);
  }

  speed(rate) {
    this.rate = rate;
    for (const player of this.players) player.playbackRate = rate;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (!this.leader()) return;
    if (this.frame === this.video.frames - 1) this.seekFrame(0);
    this.playing = true;
    this.startVisible();
    this.showState();
    requestAnimationFrame(() => this.follow());
  }

  /** Plays the videos that are visible. The others are not decoded. */
  startVisible() {
    for (const player of this.players) {
      // It is no error if a video is replaced before it has begun to play.
      if (player.checkVisibility()) player.play().catch(() => {});
      else player.pause();
    }
  }

  /** Synchronises videos that were hidden for a while. */
  refresh() {
    if (this.playing) this.startVisible();
    else this.seekFrame(this.frame);
  }

  pause() {
    const was = this.playing;
    this.playing = false;
    for (const player of this.players) player.pause();
    this.showState();
    if (was) this.seekFrame(this.frame);
  }

  /** The video that the others follow: the first that can be played. */
  leader() {
    return this.players.find((player) => !player.error);
  }

  follow() {
    const leader = this.leader();
    if (!this.playing || !leader) return;
    this.seconds = leader.currentTime;
    for (const player of this.players) {
      const drift = Math.abs(player.currentTime - this.seconds) / leader.playbackRate;
      if (drift > DRIFT_SEC && !player.paused && !player.seeking) player.currentTime = this.seconds;
    }
    this.onTime(this.seconds);
    requestAnimationFrame(() => this.follow());
  }

  showState() {
    document.getElementById("play").textContent = this.playing ? "Pause" : "Play";
  }

  complain(player) {
    const note = document.createElement("p");
    note.className = "note";
    note.textContent = `This video cannot be played: ${player.ariaLabel}. ` +
      "Is this page still in its folder of results?";
    player.hidden = true;
    player.nextElementSibling?.remove();
    player.after(note);
  }
}
