/** Finds cmake and a C++ compiler, runs them, and turns what goes wrong into a sentence with a remedy. */
import { AppError } from '../../core/error.ts'

export interface Toolchain {
  cmake: string
  ninja: boolean
  /** Compiler and its version: part of the cache key. */
  identity: string
}

/** Rejects with a sentence that names the package to install. */
export async function findToolchain(): Promise<Toolchain> {
  const cmake = Bun.which('cmake')
  const compiler = Bun.which(process.env.CXX || 'c++') ?? Bun.which('g++') ?? Bun.which('clang++')
  const missing = [...(cmake ? [] : ['cmake']), ...(compiler ? [] : ['a C++ compiler'])]
  if (!cmake || !compiler) {
    throw new AppError(
      'unavailable',
      `Building the speech engine needs ${missing.join(' and ')}, which this machine does not have. ` +
        `Install with: ${installCommand()}`,
    )
  }
  const version = await output([compiler, '--version'])
  return {
    cmake,
    ninja: Bun.which('ninja') !== null,
    identity: `${process.platform} ${process.arch} ${version.split('\n')[0]}`,
  }
}

function installCommand(): string {
  if (process.platform === 'darwin') return 'xcode-select --install && brew install cmake'
  if (Bun.which('apt-get')) return 'sudo apt-get install -y cmake g++'
  if (Bun.which('dnf')) return 'sudo dnf install -y cmake gcc-c++'
  if (Bun.which('pacman')) return 'sudo pacman -S --needed cmake gcc'
  if (Bun.which('apk')) return 'sudo apk add cmake g++ make linux-headers'
  if (Bun.which('zypper')) return 'sudo zypper install cmake gcc-c++'
  return 'your package manager: cmake and g++ (or clang++)'
}

async function output(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' })
  const text = await new Response(child.stdout).text()
  await child.exited
  return text
}

/** Runs a tool at low priority, hands over each line of its output, and fails with the last of them. */
export async function runTool(tool: string, args: string[], onLine: (line: string) => void): Promise<void> {
  const polite = Bun.which('nice') ? ['nice', '-n', '5', tool, ...args] : [tool, ...args]
  const child = Bun.spawn(polite, { stdout: 'pipe', stderr: 'pipe' })
  const tail: string[] = []
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        onLine(line)
        tail.push(line)
        if (tail.length > 40) tail.shift()
      }
    }
    if (rest) tail.push(rest)
  }
  await Promise.all([read(child.stdout), read(child.stderr)])
  const code = await child.exited
  if (code === 0) return
  const lines = tail.join('\n')
  const memory = /Killed|out of memory|cannot allocate/i.test(lines)
    ? ' The compiler seems to have run out of memory: 2 GB free are enough.'
    : ''
  throw new AppError(
    'internal',
    `Building the speech engine failed (${tool} ended with ${code}).${memory}\n${lines}`,
  )
}
