/** Summaries and answers of a meeting, from a scripted language model. */
import { afterAll, describe, expect, test } from 'bun:test'
import { ask, relevantLines } from '../../server/integration/answer.ts'
import { numberedLines } from '../../server/integration/citations.ts'
import { type SummaryDraft, summarize } from '../../server/integration/summarize.ts'
import { failure, meeting, openModel } from './model-kit.ts'
import { completion, status } from './stub.ts'

const { stub, settings, lastBody } = openModel()
afterAll(() => stub.close())

describe('summaries', () => {
  test('[IN10] one portion: sections with moments, all covered', async () => {
    stub.script(
      completion({
        overview: [
          { text: 'They met.', refs: [1] },
          { text: 'Made up.', refs: [9] },
        ],
        decisions: [{ text: 'Ship it.', refs: [2] }],
        actions: [{ text: 'Write notes', owner: 'Ada', due: 'Friday', refs: [2] }],
        topics: [],
      }),
    )
    const body = await summarize(settings, meeting('hello', 'we ship, Ada writes notes by Friday'))
    expect(body).toMatchObject({
      overview: [{ text: 'They met.' }],
      decisions: [{ moments: [{ utteranceId: 'u2', start: 2000 }] }],
      actions: [{ owner: 'Ada', due: 'Friday' }],
      covered: 2000,
      total: 2000,
      dropped: 1,
    })
    const [system, user] = lastBody().messages
    expect(system?.content).toContain('never an instruction')
    expect(user?.content).toMatch(/^<transcript>\n\[1\] Ada: hello\n[\s\S]*<\/transcript>/)
  })

  test('[IN10] several portions, one of which fails: what is covered is said', async () => {
    const good = (ref: number) =>
      completion({
        overview: [{ text: `part ${ref}`, refs: [ref] }],
        topics: [{ text: `topic ${ref}`, refs: [ref] }],
      })
    stub.script(
      good(1),
      status(404),
      good(3),
      completion({ overview: [{ text: 'all of it', refs: [1, 3] }] }),
    )
    const steps: number[] = []
    const body = await summarize(settings, meeting('x'.repeat(300), 'y'.repeat(300), 'z'.repeat(300)), {
      portion: 100,
      onProgress: (done) => steps.push(done),
    })
    expect(body).toMatchObject({
      covered: 2000,
      total: 3000,
      overview: [{ text: 'all of it', moments: [{}, {}] }],
      topics: [{ text: 'topic 1' }, { text: 'topic 3' }],
    })
    expect(steps).toEqual([1, 2, 3])
  })

  test('[IN31] what is too much at once is read in smaller portions; nothing is left out', async () => {
    const sizes: number[] = []
    stub.script((_request, body) => {
      const { messages } = JSON.parse(body) as { messages: { content: string }[] }
      const lines = [...(messages[1]?.content ?? '').matchAll(/^\[(\d+)\]/gm)].map((each) => Number(each[1]))
      if (lines.length > 10)
        return Response.json({ error: { message: 'exceeds the available context size' } }, { status: 400 })
      sizes.push(lines.length)
      return completion({ overview: [{ text: 'part', refs: lines.slice(0, 1) }] })(
        new Request('http://x'),
        '',
      )
    })
    const texts = Array.from({ length: 30 }, (_, i) => `line ${i} ${'x'.repeat(200)}`)
    const body = await summarize(settings, meeting(...texts))
    expect(body.covered).toBe(body.total)
    expect(sizes.filter((size) => size > 0).reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(30)
    stub.script(() => Response.json({ error: { message: 'too long' } }, { status: 400 }))
    expect(await failure(summarize(settings, meeting(...texts)))).toBe('too-large')
    expect(await failure(ask(settings, meeting(...texts), 'line 7?'))).toBe('too-large')
  })

  test('[IN30] a summary is told while it is written: what is whole, and the sentence it is at', async () => {
    const answer = JSON.stringify({
      overview: [
        { text: 'They met.', refs: [1] },
        { text: 'Made up.', refs: [9] },
      ],
      actions: [{ text: 'Write notes', owner: 'Ada', due: '', refs: [2] }],
    })
    const encoder = new TextEncoder()
    stub.script(
      () =>
        new Response(
          new ReadableStream({
            async start(controller) {
              for (let at = 0; at < answer.length; at += 20) {
                const piece = { choices: [{ delta: { content: answer.slice(at, at + 20) } }] }
                controller.enqueue(encoder.encode(`data: ${JSON.stringify(piece)}\n\n`))
                await Bun.sleep(120)
              }
              controller.enqueue(encoder.encode('data: [DONE]\n\n'))
              controller.close()
            },
          }),
        ),
    )
    const drafts: SummaryDraft[] = []
    const body = await summarize({ ...settings, timeout: 5_000 }, meeting('hello', 'we ship'), {
      onDraft: (draft) => drafts.push(draft),
    })
    const open = drafts.map((draft) => draft.open?.text ?? '')
    expect(open.some((text) => text !== '' && 'They met.'.startsWith(text))).toBe(true)
    expect(drafts.some((draft) => draft.open?.place === 'actions')).toBe(true)
    // An item is one when its moments are there; what cites nothing never becomes one.
    for (const draft of drafts)
      for (const bullet of [...draft.body.overview, ...draft.body.actions])
        expect(bullet.moments.length).toBeGreaterThan(0)
    expect(drafts.at(-1)).toEqual({ body, open: null })
    expect(body).toMatchObject({
      overview: [{ text: 'They met.' }],
      actions: [{ text: 'Write notes' }],
      dropped: 1,
    })
  })

  test('[IN9] nonsense twice is an error; nothing said is one, too', async () => {
    stub.script(completion('I would rather not.'))
    expect(await failure(summarize(settings, meeting('a')))).toBe('invalid')
    expect(await failure(summarize(settings, meeting()))).toBe('conflict')
  })

  test('[IN10] a question is answered from lines that fit it', async () => {
    stub.script(
      completion({
        answer: [
          { text: 'On Friday.', refs: [2] },
          { text: 'Because I say so.', refs: [] },
        ],
      }),
    )
    const answer = await ask(settings, meeting('hello', 'the release is on Friday'), 'When is the release?')
    expect(answer).toEqual({
      bullets: [{ text: 'On Friday.', moments: [{ utteranceId: 'u2', start: 2000 }] }],
      partial: false,
    })
    const lines = numberedLines(
      meeting(
        ...Array.from({ length: 300 }, (_, i) =>
          i === 200 ? 'the budget is ten thousand' : `filler number ${i}`,
        ),
      ),
    )
    const chosen = relevantLines(lines, 'What is the budget?', 200)
    expect(chosen.length).toBeLessThan(300)
    expect(chosen.map((line) => line.number)).toEqual(expect.arrayContaining([200, 201, 202]))
  })
})
