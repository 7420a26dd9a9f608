/** What a reader has set, and what of it stands in a captions link. */
import { describe, expect, test } from 'bun:test'
import { captionOptions, clearAfterMs } from '../../web/state/caption-options.ts'
import { defaultSettings, readSettings, SettingsModel, stepSize } from '../../web/state/settings.ts'
import { memoryStorage } from './memory-storage.ts'

describe('settings', () => {
  test('[WB39] wrong kinds fall back one by one', () => {
    const read = readSettings(
      '{"size":"big","name":"Ada","theme":"pink","ui":"xx","shortcuts":false}',
      'de-AT',
    )
    expect(read).toEqual({ ...defaultSettings, name: 'Ada', shortcuts: false, ui: 'de' })
    expect(readSettings('not json', 'ja-JP').ui).toBe('ja')
    expect(readSettings(null, 'pt').ui).toBe('en')
  })

  test('[WB39] forbidden storage hurts nothing; changes are kept where it is allowed', () => {
    const forbidden = {
      getItem: () => {
        throw new Error('no')
      },
      setItem: () => {
        throw new Error('no')
      },
    }
    const settings = new SettingsModel(forbidden, 'en')
    settings.larger()
    expect(settings.all.value.size).toBe(115)
    const storage = memoryStorage()
    new SettingsModel(storage, 'en').set({ name: 'Ada' })
    expect(new SettingsModel(storage, 'en').all.value.name).toBe('Ada')
    expect(stepSize(400, 1)).toBe(400)
    expect(stepSize(60, -1)).toBe(60)
  })
})

describe('captions by address', () => {
  const read = (query: string) => captionOptions(new URLSearchParams(query), defaultSettings)

  test('[WB40] without an address of its own a page shows all at once and for as long as it is there; an overlay clears', () => {
    expect(read('').options).toMatchObject({ delay: 0, clear: 0, overlay: false })
    expect(read('overlay=1').options).toMatchObject({ delay: 0, clear: 6, overlay: true })
  })

  test('[WB40] values are taken, wrong ones fall back and are named', () => {
    const { options, ignored } = read(
      'size=150&fg=ff0&stable=steady&lines=3&delay=99&colour=red&align=middle&token=abc',
    )
    expect([options.size, options.fg, options.stable, options.lines]).toEqual([150, '#ff0', 'steady', 3])
    expect(options.delay).toBe(0)
    expect(ignored).toEqual(['delay', 'colour', 'align'])
  })

  test('[WB40] every reading setting of the page can stand in the link', () => {
    const { options, ignored } = read(
      'size=150&theme=contrast&stable=instant&width=50&lh=2&spacing=0.1&show=both&lang=de&delay=3&clear=9',
    )
    expect(options).toMatchObject({
      size: 150,
      theme: 'contrast',
      stable: 'instant',
      width: 50,
      lh: 2,
      spacing: 0.1,
      show: 'both',
      lang: 'de',
      delay: 3,
      clear: 9,
    })
    expect(ignored).toEqual([])
  })

  test('[WB40] an overlay is bare, boxed and cleared by itself', () => {
    const { options } = read('overlay=1')
    expect([options.overlay, options.controls, options.clear, options.lines, options.width]).toEqual([
      true,
      false,
      6,
      2,
      37,
    ])
    expect(read('').options.controls).toBe(true)
    expect(read('overlay=1&clear=0').options.clear).toBe(0)
  })

  test('[WB41] a caption stays long enough to be read', () => {
    expect(clearAfterMs(0, 0)).toBe(1_000)
    expect(clearAfterMs(1, 100)).toBe(7_000)
    expect(clearAfterMs(10, 10)).toBe(10_000)
  })
})
