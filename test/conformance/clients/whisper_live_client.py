"""The WhisperLive client of PyPI, unmodified, on a file. PyAudio is only needed for microphones, so a stub stands in."""
import sys
import types

stub = types.ModuleType("pyaudio")
stub.paInt16 = 8


class PyAudio:
    def open(self, **_):
        raise OSError("no microphone here")

    def terminate(self):
        pass


stub.PyAudio = PyAudio
sys.modules["pyaudio"] = stub

from whisper_live.client import TranscriptionClient  # noqa: E402

from common import finish  # noqa: E402

host, port, path, srt, language = sys.argv[1:6]
seen = []
client = TranscriptionClient(
    host,
    int(port),
    lang=None if language == "auto" else language,
    model="small",
    use_vad=True,
    output_transcription_path=srt,
    mute_audio_playback=True,
    log_transcription=False,
)
inner = client.client
process = inner.process_segments


def watch(segments, translated=False):
    seen.append([len(segments), bool(segments[-1].get("completed"))])
    process(segments, translated)


inner.process_segments = watch
client(path)
text = " ".join(segment["text"].strip() for segment in inner.transcript)
with open(srt) as file:
    lines = [line.strip() for line in file if line.strip() and "-->" not in line and not line.strip().isdigit()]
finish(
    text=text,
    srt=" ".join(lines),
    order=["segments"] if seen else [],
    updates=len(seen),
    language=inner.language,
    backend=inner.server_backend,
    error=str(inner.error_message) if inner.server_error else None,
    starts=[segment["start"] for segment in inner.transcript],
)
