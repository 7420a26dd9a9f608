"""whisper.cpp's websocket stream (seed 001): float32 straight after connecting, transcripts as plain text."""
import asyncio
import sys

import numpy
import websockets

from common import finish, pcm16, pieces

uri, path = sys.argv[1:3]


async def main():
    texts = []
    samples = numpy.frombuffer(pcm16(path), dtype=numpy.int16).astype(numpy.float32) / 32768
    async with websockets.connect(uri) as websocket:

        async def send():
            for piece in pieces(samples.tobytes(), 16384):
                await websocket.send(piece)
                await asyncio.sleep(0.03)
            await websocket.send("END")

        sending = asyncio.create_task(send())
        async for text in websocket:
            texts.append(text)
        await sending
    finish(text=" ".join(texts), order=["text"] if texts else [], messages=len(texts))


asyncio.run(main())
