/** العربية: the words of the captions page. */
import type { LiveMessages } from './en-live.ts'

const rules = new Intl.PluralRules('ar')

/** صيغ العدد: مفرد ومثنى وجمع قلة وتمييز لما فوق العشرة. */
export function count(n: number, one: string, two: string, few: string, many: string): string {
  switch (rules.select(n)) {
    case 'one':
      return one
    case 'two':
      return two
    case 'few':
      return `${n} ${few}`
    default:
      return `${n} ${many}`
  }
}

export const arLive: LiveMessages = {
  common: {
    close: 'إغلاق',
    retry: 'حاول مرة أخرى',
    offline: 'تعذّر الوصول إلى الخادم. ربما يُعاد تشغيله.',
  },
  reader: {
    language: 'اللغة',
    original: 'اللغة الأصلية',
    both: (language) => `${language} والأصل`,
    transcript: 'النص',
    live: 'مباشر',
    jump: (n) =>
      n === 0
        ? 'العودة إلى المباشر'
        : `مباشر · ${count(n, 'سطر جديد', 'سطران جديدان', 'أسطر جديدة', 'سطرًا جديدًا')}`,
    pause: 'إيقاف مؤقت',
    resume: 'متابعة',
    paused: 'متوقف مؤقتًا',
    toLive: 'إلى المباشر',
    behind: (s) => `متأخر ${s} ث`,
    larger: 'نص أكبر',
    smaller: 'نص أصغر',
    reading: 'خيارات القراءة',
    speakToo: 'تحدّث أيضًا',
    gap: (duration) => `${duration} من الصوت مفقودة`,
    offTheRecord: (duration) => `${duration} دون تسجيل`,
    noTranslation: 'الترجمة لا تستجيب',
    section: 'قسم جديد',
    action: 'مهمة',
  },
  state: {
    connecting: 'جارٍ الاتصال…',
    reconnecting: 'إعادة الاتصال…',
    stillRecording: (s) => `التسجيل مستمر، إعادة الاتصال… ${s} ث محفوظة`,
    stillRecordingHere: (s) => `التسجيل مستمر، إعادة الاتصال… ${s} ث في هذه الصفحة فقط: لا تغلقها`,
    replaying: (s) => `عاد الاتصال. يُرسل ما حُفظ: ${s} ث`,
    live: 'مباشر',
    lag: (s) => `مباشر · ${s} ث`,
    waiting: 'جاهز',
    noSound: (s) => `لا صوت منذ ${s} ث. هل هذا هو الميكروفون الصحيح؟`,
    behind: (s) => `النص متأخر ${s} ث`,
    muted: 'صوتك مكتوم',
    mutedSpeaking: 'صوتك مكتوم لكنك تتحدث',
    pausedBySystem: 'أوقف النظام ميكروفونك',
    offRecord: 'خارج المحضر',
    ended: (time) => `انتهى ${time}`,
    'not-allowed': 'هذا الرابط لا يسمح لك بالدخول',
    'not-found': 'لا توجد غرفة كهذه',
    withdrawn: 'سُحب هذا الرابط',
    'taken-over': 'انضممت من تبويب أو جهاز آخر',
    other: 'أغلق الخادم الاتصال',
    refusedEnded: 'انتهى هذا الاجتماع',
  },
  captions: {
    waiting: 'يبدأ النص قريبًا',
    ended: 'شكرًا. انتهى هذا الاجتماع.',
    notFound: 'لا توجد غرفة كهذه',
    ignored: (names) => `إعدادات غير مفهومة في الرابط: ${names}`,
    controls: 'أدوات النص',
  },
}
