"""Results of a test program, as TAP."""


class Tap:
    def __init__(self):
        self.number, self.failed = 0, 0

    def __call__(self, good, title, words=""):
        self.number += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.number} - {title}" + (f"\n# {words}" if words and not good else ""), flush=True)
