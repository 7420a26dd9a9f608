"""What the Python clients of the conformance tests share."""
import json
import sys
import wave


def pcm16(path):
    with wave.open(path, "rb") as clip:
        return clip.readframes(clip.getnframes())


def pieces(data, size):
    for at in range(0, len(data), size):
        yield data[at : at + size]


class Order:
    """Kinds of messages as they came; the same kind again and again counts once."""

    def __init__(self):
        self.kinds = []

    def add(self, kind):
        if not self.kinds or self.kinds[-1] != kind:
            self.kinds.append(kind)


def finish(**result):
    print(json.dumps(result))
    sys.stdout.flush()
