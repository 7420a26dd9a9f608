"""The openai SDK of PyPI on files: every format, words and segments, streaming, translation, errors."""
import sys

import openai

from common import finish

base, path = sys.argv[1:3]
client = openai.OpenAI(api_key="none", base_url=f"http://{base}/v1", max_retries=0)
create = client.audio.transcriptions.create


def ask(**options):
    with open(path, "rb") as file:
        return create(file=file, model="whisper-1", language="en", **options)


plain = ask()
verbose = ask(response_format="verbose_json", timestamp_granularities=["word", "segment"])
diarized = ask(response_format="diarized_json", extra_body={"store": "false"})
deltas, kinds, last = [], [], ""
with open(path, "rb") as file:
    for event in create(file=file, model="gpt-4o-transcribe", language="en", stream=True):
        if not kinds or kinds[-1] != event.type:
            kinds.append(event.type)
        if event.type == "transcript.text.delta":
            deltas.append(event.delta)
        elif event.type == "transcript.text.done":
            last = event.text
with open(path, "rb") as file:
    translated = client.audio.translations.create(file=file, model="whisper-1").text
errors = []
for options in ({"response_format": "vtx"}, {"language": "xx"}):
    try:
        with open(path, "rb") as file:
            create(file=file, model="whisper-1", **options)
    except openai.BadRequestError as error:
        errors.append([error.status_code, error.param, error.type])
finish(
    text=plain.text,
    order=kinds,
    formats={name: ask(response_format=name) for name in ("text", "srt", "vtt")},
    verbose={
        "text": verbose.text,
        "language": verbose.language,
        "segments": len(verbose.segments),
        "words": [[word.word, word.start, word.end] for word in verbose.words],
        "duration": verbose.duration,
    },
    speakers=sorted({segment.speaker for segment in diarized.segments}),
    deltas="".join(deltas),
    done=last,
    translated=translated,
    errors=errors,
    models=[model.id for model in client.models.list()],
)
