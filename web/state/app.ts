/** The one place where the browser's own ports are handed to the models of the whole app. */

import { effect } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { setLanguage } from '../i18n/index.ts'
import { SettingsModel, type SettingsModelValue } from './settings.ts'

export interface App {
  settings: SettingsModelValue
  storage: Storage | null
}

function findStorage(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}

export function createApp(): App {
  const storage = findStorage()
  const settings = new SettingsModel(storage, navigator.language)
  effect(() => {
    const { theme, ui } = settings.all.value
    document.documentElement.dataset.theme = theme
    void setLanguage(ui).catch(() => {})
  })
  return { settings, storage }
}

export const AppContext = createContext<App | null>(null)

export function useApp(): App {
  return useContext(AppContext) as App
}
