/** What went wrong with the microphone, what helps, and what can be done instead. */
import { browserFamily, type CaptureProblem } from '../audio/problem.ts'
import { text } from '../i18n/text.ts'
import { WarnIcon } from './icons-more.tsx'

export function ProblemCard({
  problem,
  secureUrl,
  onRetry,
}: {
  problem: CaptureProblem
  secureUrl: string | null
  onRetry: () => void
}) {
  const t = text.value
  const words = t.problem[problem]
  const help = 'help' in words ? words.help : words[browserFamily(navigator.userAgent)]
  return (
    <div class="notice warn problem" role="alert">
      <WarnIcon size={24} />
      <div>
        <strong>{words.title}</strong>
        <p>{help}</p>
        <div class="row">
          {problem === 'insecure' && secureUrl ? (
            <a class="button primary" href={secureUrl}>
              {t.home.openSecure}
            </a>
          ) : (
            <button type="button" class="button" onClick={onRetry}>
              {t.common.retry}
            </button>
          )}
        </div>
      </div>
    </div>
  )
}
