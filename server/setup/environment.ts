/** What processes that handle what others sent are told of this one's environment, where keys may stand. */

/** What they need to run, to find programs and to load libraries; nothing that could be a secret. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'LANG',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SYSTEMROOT',
  'XDG_CACHE_HOME',
  'XDG_DATA_HOME',
  'CUDA_VISIBLE_DEVICES',
  'GGML_VK_VISIBLE_DEVICES',
  'PARLEY_FAKE_SCRIPT',
  'BUN_INSTALL_CACHE_DIR',
]

/** The environment of a child. */
export function childEnvironment(): Record<string, string> {
  const env: Record<string, string> = {}
  for (const name of PASSED_ON) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  return env
}
