"""Processes that do the same computation and share its long steps.

Every member runs the whole computation. At a step that takes long each of them does a
part of the items, and all get all results, in the order that one process has. So no
state is sent, results do not depend on the number of members, and where one of them is
lost the leader goes on alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, NoReturn, TypeVar

from transformer_programs.system.work import Work

Item = TypeVar("Item")
Result = TypeVar("Result")

_Part = list[tuple[Any, list[float]]]  # results, and the operations that each took


class Team:
    """One process, which does everything itself.

    Args:
        work: Budget of the computation, the same in all members.

    Attributes:
        work: The same.
        size: The number of members.
    """

    size = 1

    def __init__(self, work: Work) -> None:
        self.work = work

    def share(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        keys: Sequence[bytes],
        least: int = 1,
    ) -> list[Result]:
        """Return the results of a function for some items, in their order.

        What the function gives for one item, and what it spends, must not depend on
        other items.

        Args:
            function: What is computed of an item.
            items: The items, equal in all members.
            keys: What tells apart every item, by which members compare themselves.
            least: The number of items from which on they are shared.
        """
        if self.size == 1 or len(items) < least:
            return list(map(function, items))
        found = []
        for result, spent in self.ahead(function, items, keys):
            self.work.spend_all(spent)
            found.append(result)
        return found

    def ahead(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        keys: Sequence[bytes],
    ) -> list[tuple[Result, list[float]]]:
        """Compute results, of which not all may be needed, without accounting for them.

        Returns:
            For every item the result, and the operations of every step, in order.
        """
        # By their keys, so that what takes long is not all done by one member.
        order = sorted(range(len(items)), key=lambda index: keys[index])
        chosen = [items[index] for index in order]
        parts = self._parts(function, chosen, b"".join(keys))
        found: list[tuple[Result, list[float]] | None] = [None] * len(items)
        for rank, index in enumerate(order):
            found[index] = parts[rank % len(parts)][rank // len(parts)]
        return [result for result in found if result is not None]

    def close(self) -> None:
        """End the other members."""

    def _parts(
        self, function: Callable[[Item], Result], items: Sequence[Item], keys: bytes
    ) -> list[_Part]:
        return [self._part(function, items, 0, 1)]

    def _part(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        place: int,
        size: int,
    ) -> _Part:
        return [self.work.apart(function, item) for item in items[place::size]]

    def _state(self, keys: bytes) -> bytes:
        # Equal in members that have computed the same so far.
        digest = hashlib.blake2b(keys, digest_size=16)
        digest.update(repr(self.work.units).encode())
        return digest.digest()


class Leader(Team):
    """The member that began; it starts the others.

    Args:
        work: Budget of the computation.
        size: The number of members.
        code: Python code that the others run; it must call ``follow``.
        message: What they get to begin with.
        note: Called with a sentence if a member is lost.

    Attributes:
        critical: CPU seconds of the slowest member between any two exchanges, once the
            team is closed: what it takes if every member has a core of its own.
    """

    def __init__(
        self,
        work: Work,
        size: int,
        code: str,
        message: object,
        note: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(work)
        self.size, self._note = size, note
        self._others: list[subprocess.Popen[bytes]] = []
        self.critical, self._clocks = 0.0, [time.process_time(), *[0.0] * (size - 1)]
        try:
            for place in range(1, size):
                self._others.append(_started(code))
                _send(self._others[-1].stdin, (place, size, message))
        except (OSError, EOFError) as error:
            self._go_on_alone(error)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the other members, whatever they do."""
        self.critical += time.process_time() - self._clocks[0]
        self._clocks[0] = time.process_time()
        for other in self._others:
            other.kill()
            for end in (other.stdin, other.stdout):
                assert end is not None
                try:
                    end.close()
                except OSError:  # what was not sent yet
                    continue
            other.wait()
        self._others = []

    def _parts(
        self, function: Callable[[Item], Result], items: Sequence[Item], keys: bytes
    ) -> list[_Part]:
        size, state = self.size, self._state(keys)
        parts = {0: self._part(function, items, 0, size)}
        clocks = [time.process_time()]
        try:
            for place, other in enumerate(self._others, 1):
                theirs, clock, part = _receive(other.stdout)
                clocks.append(clock)
                if theirs != state:
                    raise EOFError("it did not compute the same")
                parts[place] = part
            for other in self._others:
                _send(other.stdin, [parts[place] for place in range(size)])
            spans = zip(clocks, self._clocks, strict=True)
            self.critical += max(clock - before for clock, before in spans)
            self._clocks = clocks
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self._go_on_alone(error)
        for place in range(size):
            if place not in parts:
                parts[place] = self._part(function, items, place, size)
        return [parts[place] for place in range(size)]

    def _go_on_alone(self, error: Exception) -> None:
        ended = [code for other in self._others if (code := _status(other)) is not None]
        reason = f"exit status {ended[0]}" if ended else str(error) or "no answer"
        self.close()
        self.size = 1
        if self._note is not None:
            self._note(
                f"a process that shared the work is lost ({reason}); this one goes on "
                "alone, with the same result"
            )


class Follower(Team):
    """Another member.

    Args:
        work: Budget of the computation.
        place: Its number, from 1.
        size: The number of members.
        incoming: Where it reads from.
        outgoing: Where it writes to.
    """

    def __init__(
        self, work: Work, place: int, size: int, incoming: BinaryIO, outgoing: BinaryIO
    ) -> None:
        super().__init__(work)
        self._place, self.size = place, size
        self._incoming, self._outgoing = incoming, outgoing

    def _parts(
        self, function: Callable[[Item], Result], items: Sequence[Item], keys: bytes
    ) -> list[_Part]:
        state = self._state(keys)
        part = self._part(function, items, self._place, self.size)
        try:
            _send(self._outgoing, (state, time.process_time(), part))
            parts: list[_Part] = _receive(self._incoming)
        except (OSError, EOFError):
            _end()  # nobody waits for it any more
        return parts


def follow(run: Callable[[Callable[[Work], Team], Any], None]) -> NoReturn:
    """Be another member of the team of the process that started this one.

    Args:
        run: Does the computation, given what makes the team from its budget, and the
            message of the leader.
    """
    # What anything prints must not get between the messages.
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    incoming = sys.stdin.buffer
    try:
        place, size, message = _receive(incoming)
    except (OSError, EOFError):
        _end()
    run(lambda work: Follower(work, place, size, incoming, outgoing), message)
    _end()


def _started(code: str) -> subprocess.Popen[bytes]:
    # In a session of its own, so that Ctrl-C reaches the leader alone.
    start = f"import json, sys; sys.path[:] = json.loads(sys.argv[1]); {code}"
    return subprocess.Popen(
        [sys.executable, "-c", start, json.dumps(sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _status(process: subprocess.Popen[bytes]) -> int | None:
    # None if it is still running.
    try:
        return process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        return None


def _send(end: Any, message: object) -> None:
    pickle.dump(message, end, protocol=pickle.HIGHEST_PROTOCOL)
    end.flush()


def _receive(end: Any) -> Any:
    return pickle.load(end)


def _end() -> NoReturn:
    # At once: nothing is left to be cleaned up, and nobody reads what is written.
    os._exit(0)
