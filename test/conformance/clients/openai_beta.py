"""The openai SDK of the beta days: transcription_session.update, flat session, a commit by the client."""
import asyncio
import base64
import os
import sys

sys.path.insert(0, os.environ["OLD_OPENAI"])

import numpy  # noqa: E402
from openai import AsyncOpenAI  # noqa: E402
from scipy.signal import resample_poly  # noqa: E402

from common import Order, finish, pcm16, pieces  # noqa: E402

base, path = sys.argv[1:3]


async def main():
    order, done, errors = Order(), [], []
    client = AsyncOpenAI(api_key="none", base_url=f"http://{base}/v1", websocket_base_url=f"ws://{base}/v1")
    samples = numpy.frombuffer(pcm16(path), dtype=numpy.int16).astype(numpy.float64)
    sound = resample_poly(samples, 3, 2).clip(-32768, 32767).astype(numpy.int16).tobytes()
    async with client.beta.realtime.connect(model="gpt-4o-transcribe", extra_query={"intent": "transcription"}) as connection:
        await connection.transcription_session.update(
            session={
                "input_audio_format": "pcm16",
                "input_audio_transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                "turn_detection": None,
            }
        )
        for piece in pieces(sound, 9600):
            await connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
            await asyncio.sleep(0.02)
        await connection.input_audio_buffer.commit()
        while True:
            event = await asyncio.wait_for(connection.recv(), 60)
            order.add(event.type)
            if event.type == "error":
                errors.append(event.error.message)
            elif event.type.endswith("transcription.completed"):
                done.append(event.transcript)
                break
    finish(text=" ".join(done), order=order.kinds, errors=errors)


asyncio.run(main())
