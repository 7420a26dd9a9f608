/** A recording from this device as a sound source: played in its own time, held and gone on with, heard here as well. */

/** For whoever shows it; milliseconds. */
export interface Playback {
  name: string
  /** 0 = not known. */
  duration: number
  position(): number
  held(): boolean
  /** Plays on, or holds. A browser that refuses leaves it held: the button is still there. */
  play(on: boolean): void
}

export interface FilePlayer {
  output: AudioNode
  playback: Playback
  whenEnded(listener: () => void): void
  close(): void
}

/** Longest wait for the beginning of a file, ms: browsers say nothing at all about some they cannot read. */
const PATIENCE = 10_000

/** Rejects when this browser cannot read the file. */
export async function openPlayer(file: File, context: AudioContext): Promise<FilePlayer> {
  const address = URL.createObjectURL(file)
  const player = new Audio()
  const close = () => {
    player.onended = null
    player.pause()
    player.removeAttribute('src')
    URL.revokeObjectURL(address)
  }
  try {
    await readable(player, address)
  } catch (error) {
    close()
    throw error
  }
  const output = context.createMediaElementSource(player)
  output.connect(context.destination)
  return {
    output,
    playback: {
      name: file.name,
      duration: Number.isFinite(player.duration) ? Math.round(player.duration * 1000) : 0,
      position: () => Math.round(player.currentTime * 1000),
      held: () => player.paused && !player.ended,
      play: (on) => {
        if (on) player.play().catch(() => {})
        else player.pause()
      },
    },
    whenEnded(listener) {
      player.onended = listener
    },
    close,
  }
}

/** Can this browser play the file, and how long is it, ms? Null = it cannot. */
export async function probeFile(file: File): Promise<number | null> {
  const address = URL.createObjectURL(file)
  const player = new Audio()
  try {
    await readable(player, address)
    return Number.isFinite(player.duration) ? Math.round(player.duration * 1000) : 0
  } catch {
    return null
  } finally {
    player.removeAttribute('src')
    URL.revokeObjectURL(address)
  }
}

function readable(player: HTMLAudioElement, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no answer')), PATIENCE)
    player.onloadedmetadata = () => {
      clearTimeout(late)
      resolve()
    }
    player.onerror = () => {
      clearTimeout(late)
      reject(new Error('not readable'))
    }
    player.preload = 'auto'
    player.src = address
  })
}
