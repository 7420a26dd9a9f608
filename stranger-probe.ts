/** A new user on a real server with the real model: desktop light and phone dark; screenshots and findings. */
import { join } from 'node:path'
import { openBrowser, openPage } from '/work/wt/web/test/helpers/browser.ts'
import { startServer, untilReady } from '/work/wt/web/test/helpers/server.ts'
import { joinWithSilence } from '/work/wt/web/test/helpers/wav.ts'
const F='/work/wt/web/test/fixtures/'
const S='/tmp/web-probe/st/'
await Bun.$`mkdir -p ${S}`
const server = await startServer()
await untilReady(server)
const mic = joinWithSilence(join(server.directory,'m.wav'), ['en_jfk','en_lj027_0127','en_ls_2412_153948_0001'].map(n=>F+n+'.wav'), 2)
const b = await openBrowser({ microphone: mic })
const say = (...a:unknown[]) => console.log(new Date().toISOString().slice(14,19), ...a)
try {
  const p = await openPage(b, server.url)
  await p.setViewportSize({width:1280,height:800})
  await p.screenshot({path:S+'1-home-first.png'})
  await p.getByRole('button',{name:'Start a meeting'}).click()
  await p.getByLabel('Your name').fill('Maya')
  await p.screenshot({path:S+'2-join.png'})
  await p.getByRole('button',{name:'Turn on the microphone'}).click()
  const t0=Date.now(); await p.locator('.level-word').filter({hasText:/Good|quiet|Clipping/}).first().waitFor(); say('level word after', Date.now()-t0,'ms')
  await p.getByText('We understood').waitFor({timeout:30000}).catch(()=>say('NO words before joining'))
  await p.screenshot({path:S+'3-join-heard.png'})
  await p.getByRole('button',{name:'Join and speak'}).click()
  await p.locator('.line').first().waitFor({timeout:30000})
  const url = new URL(p.url())
  const phone = await b.newContext({viewport:{width:390,height:844}, colorScheme:'dark', isMobile:true, hasTouch:true})
  const q = await phone.newPage(); await q.goto(`${server.url}/c/${url.pathname.split('/')[2]}`)
  const t1=Date.now(); await q.locator('.line').first().waitFor({timeout:20000}); say('captions link to text', Date.now()-t1,'ms')
  await q.screenshot({path:S+'4-captions-phone.png'})
  await q.touchscreen.tap(200,400); await q.locator('.caption-controls').waitFor(); await Bun.sleep(400); await q.screenshot({path:S+'5-captions-phone-tap.png'})
  await Bun.sleep(8000)
  await p.screenshot({path:S+'6-room.png'})
  say('state line', await p.locator('.state-line').innerText())
  await p.setViewportSize({width:390,height:844}); await Bun.sleep(300); await p.screenshot({path:S+'7-room-host-phone.png'})
  for (const [i,name] of ['Share','Room settings','People'].entries()) { await p.getByRole('button',{name}).first().click(); await Bun.sleep(500); await p.screenshot({path:S+`8-${i}-${name.replace(' ','')}-phone.png`}); await p.keyboard.press('Escape'); await Bun.sleep(200) }
  await p.setViewportSize({width:1280,height:800})
  await Bun.sleep(9000)
  await p.getByRole('button',{name:'End',exact:true}).click(); await p.getByRole('button',{name:'End meeting'}).click()
  await p.getByRole('link',{name:'Open the transcript'}).click()
  await p.locator('.r-line').first().waitFor({timeout:20000}); await Bun.sleep(1500)
  await p.screenshot({path:S+'9-review.png'})
  await p.locator('.r-line').first().click({position:{x:60,y:10}}); await Bun.sleep(1200)
  say('player', await p.locator('.player-time').first().innerText())
  await p.screenshot({path:S+'10-review-playing.png'})
  const r = await phone.newPage(); await r.goto(p.url()); await r.locator('.r-line').first().waitFor().catch(()=>{}); await Bun.sleep(500); await r.screenshot({path:S+'11-review-phone.png'})
  await p.goto(server.url+'/sessions?q=country'); await p.locator('.hit').first().waitFor({timeout:8000}).catch(()=>say('no hit')); await p.screenshot({path:S+'12-search.png'})
  await p.goto(server.url+'/settings'); await p.locator('#leaves').waitFor(); await Bun.sleep(800); await p.screenshot({path:S+'13-settings.png', fullPage:true})
  await p.goto(server.url); await Bun.sleep(800); await p.screenshot({path:S+'14-home-after.png'})
  await p.goto(server.url+'/s/none'); await Bun.sleep(500)
  say('problems', p.problems)
} catch (e) { say('FAILED', String(e).slice(0,600)) } finally { await b.close(); await server.dispose() }
process.exit(0)
