/** One HTML page that needs nothing else: readable on screen and paper, in light and dark, with the audio if wanted. */
import { createHash } from 'node:crypto'
import { clockTime } from '../core/timecode.ts'
import type { Transcript } from '../core/transcript.ts'
import { isRightToLeft } from './direction.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { dateOf, linesOf, namesOf, STAR, storyOf, titleOf } from './script.ts'

/** Speaker colours for light and dark pages, each at least 7:1 on its background (experience §2.9). */
const LIGHT = ['#1a1a1a', '#5c4500', '#004f75', '#0b5a1e', '#7a3300', '#86104f', '#4a2a96', '#3d4a5c']
const DARK = ['#ffffff', '#ffe14d', '#4de3ff', '#6be675', '#ffb066', '#ff9ec7', '#c3b1ff', '#b8c7d9']

const STYLE = `:root{color-scheme:light dark;--paper:#fff;--ink:#1a1a1a;--quiet:#5a6068;--rule:#dcdfe3}
${LIGHT.map((colour, i) => `.s${i}{color:${colour}}`).join('')}
@media (prefers-color-scheme:dark){:root{--paper:#101114;--ink:#f2f3f5;--quiet:#a9afb8;--rule:#2b2e34}
${DARK.map((colour, i) => `.s${i}{color:${colour}}`).join('')}}
body{margin:0 auto;max-width:44rem;padding:2rem 1.25rem 6rem;background:var(--paper);color:var(--ink);
font:1.0625rem/1.6 system-ui,sans-serif;line-break:strict;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}.facts,.gap,time,time a{color:var(--quiet)}
.facts{margin:0 0 2rem;padding-bottom:1rem;border-bottom:1px solid var(--rule)}
.turn{display:grid;grid-template-columns:4.5rem 1fr;gap:0 1rem;margin:0 0 1.1rem}.turn.plain{display:block}
time{font-variant-numeric:tabular-nums;font-size:.875rem;line-height:1.85}time a{text-decoration:none}
time a:hover,time a:focus-visible{text-decoration:underline}
h2{font-size:1rem;margin:0;font-weight:650}.star{float:inline-end;color:#9a6700}
.note{margin:0 0 1.1rem 5.5rem;padding:.4rem .75rem;border-inline-start:3px solid #9a6700;color:var(--quiet)}
.turn p{margin:0}.turn p+p{color:var(--quiet)}
audio{position:fixed;inset:auto 0 0;width:100%;background:var(--paper)}
@media print{body{max-width:none;padding:0;font-size:11pt;background:#fff;color:#000}audio{display:none}
.turn{break-inside:avoid}h2{break-after:avoid}}`

/** Plays from a clicked time; its hash, not "unsafe-inline", is what the page's policy allows. */
const SCRIPT = `document.addEventListener('click',e=>{const a=e.target.closest('a[data-at]'),p=document.querySelector('audio');
if(a&&p){e.preventDefault();p.currentTime=a.dataset.at/1000;p.play()}})`

export function html(transcript: Transcript, options: ExportOptions = EXPORT_OPTIONS): string {
  const title = escapeText(titleOf(transcript))
  const lines = linesOf(transcript, options)
  const names = namesOf(lines)
  const facts = [dateOf(transcript), options.speakers ? names.join(', ') : ''].filter((fact) => fact !== '')
  const language = escapeText(lines[0]?.texts[0]?.language ?? 'en')
  const { audio } = options
  const policy = `default-src 'none'; style-src 'sha256-${hash(STYLE)}'; base-uri 'none'; form-action 'none'${
    audio ? `; media-src data:; script-src 'sha256-${hash(SCRIPT)}'` : ''
  }`
  const player = audio
    ? `<audio controls preload="metadata" src="data:${escapeText(audio.contentType)};base64,${Buffer.from(audio.bytes).toString('base64')}"></audio>
<script>${SCRIPT}</script>`
    : ''
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Parley">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1 dir="auto">${title}</h1>
<p class="facts">${escapeText(facts.join(' · '))}</p>
${body(transcript, options)}
</main>
${player}
</body>
</html>
`
}

function body(transcript: Transcript, options: ExportOptions): string {
  return storyOf(transcript, options)
    .map((item) => {
      if (item.kind === 'hole') {
        const { start, end, text } = item.hole
        return `<p class="gap">[${clockTime(start)}–${clockTime(end)} ${escapeText(text)}]</p>`
      }
      if (item.kind === 'note') {
        const when = options.timecodes ? `${clockTime(item.note.start)} ` : ''
        return `<aside class="note" dir="auto">${when}${escapeText(item.note.text)}</aside>`
      }
      const { speaker, start, paragraphs, starred } = item.turn
      const at = Math.round(start)
      const stamp = options.audio ? `<a href="#t${at}" data-at="${at}">${clockTime(at)}</a>` : clockTime(at)
      const time = options.timecodes
        ? `<time id="t${at}" datetime="PT${(at / 1000).toFixed(3)}S">${stamp}</time>`
        : ''
      const name = options.speakers
        ? `<h2 class="s${speaker.colour % 8}" dir="auto">${escapeText(speaker.name)}</h2>`
        : ''
      const texts = paragraphs.map(
        ({ language, text }) =>
          `<p lang="${escapeText(language)}" dir="${isRightToLeft(language) ? 'rtl' : 'auto'}">${escapeText(text)}</p>`,
      )
      const star = starred ? `<span class="star" role="img" aria-label="starred">${STAR}</span>` : ''
      return `<section class="turn${time === '' ? ' plain' : ''}">${time}<div>${star}${name}${texts.join('')}</div></section>`
    })
    .join('\n')
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
