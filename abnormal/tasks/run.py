"""The type of the functions that run a task for each of many videos, here or on other machines."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from abnormal.errors import AbnormalError

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerDiedError(AbnormalError):
    """The process in which a task ran died, each time that the task was tried."""


class RunTasks(Protocol):
    """Runs a task for each item, several at a time."""

    def __call__(
        self, task: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Result | WorkerDiedError]]:
        """Runs a task for each item, and starts the tasks in the order of the items.

        Args:
            task: The function to call with each item. It has to be picklable if it runs in another
                process, and may be repeated after a worker has died.
            items: The arguments of the calls; they have to be picklable under the same condition.

        Yields:
            Each item when its task is done, with the result, or with a `WorkerDiedError` if its
            process died.

        Raises:
            Exception: Whatever a task raises; no further task is started then.
        """
        ...
