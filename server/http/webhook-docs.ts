/** What a webhook is sent, for /openapi.json; docs/webhooks.md says the same at length. */

const string = { type: 'string' } as const
const integer = { type: 'integer' } as const

/** `types`: the events that are told. */
export function webhookDocs(types: readonly string[]) {
  const body = {
    type: 'object',
    required: ['id', 'type', 'room', 'session', 'seq', 'title'],
    properties: {
      id: {
        ...string,
        description:
          'session:epoch:seq. The same as Idempotency-Key; an event may come twice, so drop an id that you know, compared as a whole.',
      },
      type: { ...string, enum: [...types] },
      room: string,
      session: string,
      seq: {
        ...integer,
        description: 'Place in the log of this epoch; a restored backup begins another epoch.',
      },
      title: string,
      utterance: { type: 'object', description: 'The line, its times in ms from the start of the meeting.' },
      translation: { type: 'object' },
      startedAt: { ...integer, description: 'ms since 1970' },
      endedAt: { ...integer, description: 'ms since 1970' },
    },
  } as const
  const header = (name: string, description: string) =>
    ({ name, in: 'header', required: true, description, schema: string }) as const
  return {
    room: {
      post: {
        summary: 'What is said in a room, one event each (docs/webhooks.md)',
        parameters: [
          header('Idempotency-Key', 'The id of the event: session:epoch:seq'),
          header('X-Parley-Event', 'Its type'),
          header('X-Parley-Signature', 't=SECONDS,v1=HEX: HMAC-SHA256 of SECONDS.BODY with the secret'),
        ],
        requestBody: { content: { 'application/json': { schema: body } } },
        responses: { '2XX': { description: 'Taken; anything else is tried again' } },
      },
    },
  } as const
}
