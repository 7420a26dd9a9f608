"""The openai SDK of PyPI: Realtime transcription, GA shape, server VAD."""
import asyncio
import base64
import sys

import numpy
from openai import AsyncOpenAI
from scipy.signal import resample_poly

from common import Order, finish, pcm16, pieces

base, path = sys.argv[1:3]


async def main():
    order, deltas, done, committed = Order(), {}, {}, []
    client = AsyncOpenAI(api_key="none", base_url=f"http://{base}/v1", websocket_base_url=f"ws://{base}/v1")
    samples = numpy.frombuffer(pcm16(path), dtype=numpy.int16).astype(numpy.float64)
    sound = resample_poly(samples, 3, 2).clip(-32768, 32767).astype(numpy.int16).tobytes()
    async with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        await connection.session.update(
            session={
                "type": "transcription",
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24000},
                        "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                        "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
                    }
                },
            }
        )

        async def send():
            for piece in pieces(sound, 9600):
                await connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
                await asyncio.sleep(0.04)

        sending = asyncio.create_task(send())
        errors = []
        previous = {}
        while True:
            try:
                event = await asyncio.wait_for(connection.recv(), 8 if sending.done() else 60)
            except asyncio.TimeoutError:
                break
            order.add(event.type)
            if event.type == "error":
                errors.append(event.error.message)
            elif event.type == "input_audio_buffer.committed":
                committed.append(event.item_id)
                previous[event.item_id] = event.previous_item_id
            elif event.type.endswith("transcription.delta"):
                deltas[event.item_id] = deltas.get(event.item_id, "") + event.delta
            elif event.type.endswith("transcription.completed"):
                done[event.item_id] = event.transcript
                if sending.done() and set(done) == set(committed) and len(done) >= 3:
                    break
    chain = [previous[item] for item in committed] == [None] + committed[:-1]
    finish(
        text=" ".join(done[item] for item in committed if item in done),
        order=order.kinds,
        errors=errors,
        items=len(committed),
        completed=len(done),
        chain=chain,
        deltas=" ".join(deltas.get(item, "") for item in committed),
    )


asyncio.run(main())
