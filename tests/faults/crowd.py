"""crowd.py: injections of several kinds at once, and never two of one kind: what one leaves behind is its own model's.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import threading


class Crowd:
    """Crowd(todo).run(jobs, act, goes_on): act(name, i) for each of todo. What is left where goes_on() became false is in rest()."""

    def __init__(self, todo):
        self.left = collections.defaultdict(collections.deque)
        for name, i in todo:
            self.left[name].append(i)
        self.running, self.moved, self.error = set(), threading.Condition(), None

    def run(self, jobs, act, goes_on):
        threads = [threading.Thread(target=self.work, args=(act, goes_on), daemon=True) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.error is not None:
            raise self.error

    def rest(self):
        return [(name, i) for name, numbers in self.left.items() for i in numbers]

    def take(self, goes_on):
        """The next one, of the kind that has most before it; None: there is none left, or nobody goes on."""
        with self.moved:
            while goes_on() and self.error is None:
                free = [name for name, numbers in self.left.items() if numbers and name not in self.running]
                if free:
                    name = max(free, key=lambda one: len(self.left[one]))
                    self.running.add(name)
                    return name, self.left[name].popleft()
                if not any(self.left.values()):
                    return None
                self.moved.wait(1)
        return None

    def work(self, act, goes_on):
        while (taken := self.take(goes_on)) is not None:
            try:
                act(*taken)
            except BaseException as error:  # the end of the run, too: told by run(), not lost in a thread
                self.error = error
            finally:
                with self.moved:
                    self.running.discard(taken[0])
                    self.moved.notify_all()
