"""What runs a task for each of many videos, whether here or on other machines."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from abnormal.errors import AbnormalError

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerDiedError(AbnormalError):
    """A task ended the process that it ran in, each time that it was tried."""


class Run(Protocol):
    """Runs a task for each item, several at a time."""

    def __call__(
        self, task: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Result | WorkerDiedError]]:
        """Begins the tasks in the order of the items.

        Args:
            task: Picklable where it runs in another process. It may be repeated.
            items: What it is run for; the same holds for them.

        Yields:
            Each item as it is done, with what its task returned. What a task raises ends the run.
        """
        ...
