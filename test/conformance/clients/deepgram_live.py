"""The Deepgram SDK of PyPI on a live stream; two channels when the file has two."""
import sys
import threading
import time
import wave

from deepgram import DeepgramClient
from deepgram.core.events import EventType
from deepgram.environment import DeepgramClientEnvironment

from common import Order, finish, pcm16, pieces

base, path = sys.argv[1:3]
with wave.open(path, "rb") as clip:
    channels = clip.getnchannels()
http = f"http://{base}"
environment = DeepgramClientEnvironment(base=http, production=f"ws://{base}", agent=f"ws://{base}", agent_rest=http)
client = DeepgramClient(api_key="none", environment=environment)
order, finals, speakers, metadata = Order(), {}, set(), {}
interims = 0
# The SDK writes options as its API has them: truth values as words.
options = {"channels": channels, "multichannel": "true"} if channels > 1 else {}

with client.listen.v1.connect(
    model="nova-3",
    language="en",
    encoding="linear16",
    sample_rate=16000,
    interim_results="true",
    smart_format="true",
    diarize="true",
    **options,
) as connection:

    def message(said):
        global interims
        kind = getattr(said, "type", "?")
        order.add(kind)
        if kind == "Results":
            channel = int(said.channel_index[0])
            best = said.channel.alternatives[0]
            speakers.update(word.speaker for word in best.words)
            if said.is_final:
                finals.setdefault(channel, []).append(best.transcript)
            else:
                interims += 1
        elif kind == "Metadata":
            metadata.update(channels=int(said.channels), duration=float(said.duration))

    connection.on(EventType.MESSAGE, message)
    listening = threading.Thread(target=connection.start_listening)
    listening.start()
    for piece in pieces(pcm16(path), 6400 * channels):
        connection.send_media(piece)
        time.sleep(0.2)
    connection.send_keep_alive()
    connection.send_finalize()
    time.sleep(0.5)
    connection.send_close_stream()
    listening.join(90)

texts = {channel: " ".join(filter(None, said)) for channel, said in sorted(finals.items())}
finish(
    text=" ".join(texts.values()),
    texts=[texts.get(channel, "") for channel in range(channels)],
    order=order.kinds,
    interims=interims,
    speakers=sorted(speakers),
    metadata=metadata,
)
