/** The one UploadsModel of this page, on XMLHttpRequest: fetch cannot tell how much of a body has gone out. */

import { type UploadPorts, UploadsModel } from '../state/uploads.ts'
import { ApiError, errorOf } from './json-call.ts'

const ports: UploadPorts<File> = {
  send(file, events) {
    return new Promise((resolve, reject) => {
      const form = new FormData()
      form.set('file', file, file.name)
      // A stream answers with its headers at once; they say where the work can be watched.
      form.set('stream', 'true')
      form.set('response_format', 'json')
      const request = new XMLHttpRequest()
      request.open('POST', '/v1/audio/transcriptions')
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) events.progress(event.loaded / event.total)
      }
      request.onreadystatechange = () => {
        if (request.readyState !== XMLHttpRequest.HEADERS_RECEIVED || request.status >= 400) return
        events.accepted(
          request.getResponseHeader('x-parley-watch') ?? '',
          request.getResponseHeader('x-parley-session') ?? '',
        )
      }
      request.onload = () => {
        if (request.status < 400) resolve()
        else reject(errorOf(request.status, parsed(request.responseText)))
      }
      request.onerror = () => reject(new ApiError(0, 'broken-off', 'The connection was lost.'))
      request.send(form)
    })
  },
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

export const uploads = new UploadsModel(ports as UploadPorts<{ name: string }>)
