/** ffmpeg, where the machine has it, for what we do not decode ourselves. */
import { AppError } from '../core/error.ts'
import { toFloat32 } from '../core/pcm.ts'
import { childEnvironment } from '../setup/environment.ts'
import { type AudioBlock, joinBytes } from './block.ts'

export function findFfmpeg(): string | null {
  return Bun.which('ffmpeg')
}

/** Containers only: nothing that names further files or addresses (playlists, concat lists, filters) is ever opened. */
const CONTAINERS =
  'aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,mp3,mpeg,mpegts,ogg,oga,rm,swf,tta,voc,w64,wav,wv'

/** The first audio track at 16 kHz; `separate` keeps its channels (at most eight). */
export async function* decodeWithFfmpeg(file: string, separate: boolean): AsyncGenerator<AudioBlock> {
  const ffmpeg = findFfmpeg()
  if (!ffmpeg)
    throw new AppError('unsupported', 'This kind of file can only be read where ffmpeg is installed.')
  const channels = separate ? await countChannels(file) : 1
  const child = Bun.spawn(
    [
      ...[ffmpeg, '-v', 'error', '-nostdin', '-protocol_whitelist', 'file', '-format_whitelist', CONTAINERS],
      ...[
        '-i',
        `file:${file}`,
        '-map',
        '0:a:0',
        '-vn',
        '-sn',
        '-dn',
        '-ac',
        String(channels),
        '-ar',
        '16000',
      ],
      ...['-f', 's16le', '-'],
    ],
    { env: childEnvironment(), stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' },
  )
  let heard = false
  let rest: Uint8Array = new Uint8Array(0)
  try {
    for await (const chunk of child.stdout) {
      rest = joinBytes(rest, chunk)
      const whole = rest.length - (rest.length % (2 * channels))
      const samples = toFloat32(rest.subarray(0, whole))
      rest = rest.slice(whole)
      if (samples.length === 0) continue
      heard = true
      yield { planes: split(samples, channels), sampleRate: 16_000 }
    }
    if ((await child.exited) !== 0 && !heard)
      throw new AppError('unsupported', 'This is not audio or video that Parley or ffmpeg can read.')
  } finally {
    child.kill()
  }
}

function split(samples: Float32Array, channels: number): Float32Array[] {
  return Array.from({ length: channels }, (_, c) => {
    const plane = new Float32Array(samples.length / channels)
    for (let i = 0; i < plane.length; i++) plane[i] = samples[i * channels + c] as number
    return plane
  })
}

async function countChannels(file: string): Promise<number> {
  const ffprobe = Bun.which('ffprobe')
  if (!ffprobe) return 2
  const child = Bun.spawn(
    [
      ...[ffprobe, '-v', 'error', '-protocol_whitelist', 'file', '-format_whitelist', CONTAINERS],
      ...['-select_streams', 'a:0', '-show_entries', 'stream=channels', '-of', 'csv=p=0', `file:${file}`],
    ],
    { env: childEnvironment(), stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' },
  )
  const count = Number.parseInt(await new Response(child.stdout).text(), 10)
  return Number.isFinite(count) ? Math.min(8, Math.max(1, count)) : 1
}
