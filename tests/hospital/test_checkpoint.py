"""The repaired checkpoint: a reactor that was just let go is never taken for one that is held."""

import threading
import time
from collections import Counter

from cxr_core.hospital.checkpoint import Checkpoint


class Reactor(threading.Thread):
    """Passes the checkpoint and takes what it finds, as pynetdicom's does, but slowly between the two."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.checkpoint = Checkpoint(self)  # type: ignore[arg-type]
        self.answers: list[int] = []
        self.stolen, self.ended = Counter[str](), False

    def run(self) -> None:
        while not self.ended:
            self.checkpoint.wait()
            time.sleep(0.001)  # as if another thread had its turn
            if self.answers:
                self.answers.clear()
                self.stolen["answers"] += 1


def test_the_reactor_takes_nothing_while_it_is_held() -> None:
    reactor = Reactor()
    reactor.start()
    for number in range(200):
        reactor.checkpoint.clear()
        reactor.answers.append(number)
        time.sleep(0.001)
        assert reactor.answers == [number]
        reactor.answers.clear()
        reactor.checkpoint.set()
    assert reactor.stolen["answers"] == 0
    reactor.ended = True
    reactor.join(5)


def test_a_reactor_that_has_ended_holds_nobody_up() -> None:
    reactor = Reactor()
    reactor.ended = True
    reactor.start()
    reactor.join()
    reactor.checkpoint.clear()
    assert not reactor.checkpoint.is_set()
