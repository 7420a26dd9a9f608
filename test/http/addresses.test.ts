/** The addresses that are given out are those the server listens on. */
import { expect, test } from 'bun:test'
import type { NetworkInterfaceInfo } from 'node:os'
import { certificateNames, lanAddresses, localName, sharedAddresses } from '../../server/http/addresses.ts'

const card = (family: 'IPv4' | 'IPv6', address: string, internal = false) =>
  ({ family, address, internal }) as NetworkInterfaceInfo

const BOTH = {
  lo: [card('IPv4', '127.0.0.1', true), card('IPv6', '::1', true)],
  docker0: [card('IPv4', '172.17.0.1')],
  eth0: [card('IPv4', '192.168.1.7'), card('IPv6', '2001:db8::7'), card('IPv6', 'fe80::7')],
}
const NEW_ONLY = { eth0: [card('IPv6', 'fe80::7'), card('IPv6', '2001:db8::7')] }

test('[CN9] every address: those of the network, bridges last; IPv6 in brackets where there is nothing else', () => {
  expect(lanAddresses(BOTH)).toEqual(['192.168.1.7', '172.17.0.1'])
  expect(sharedAddresses('0.0.0.0', BOTH)).toEqual(['192.168.1.7', '172.17.0.1'])
  expect(sharedAddresses('::', NEW_ONLY)).toEqual(['[2001:db8::7]'])
  expect(sharedAddresses('0.0.0.0', NEW_ONLY)).toEqual([])
})

test('[CN9] one address: only that one', () => {
  expect(sharedAddresses('192.168.1.7', BOTH)).toEqual(['192.168.1.7'])
  expect(sharedAddresses('2001:db8::7', BOTH)).toEqual(['[2001:db8::7]'])
  for (const host of ['127.0.0.1', '127.0.0.5', 'localhost', '::1', '[::1]'])
    expect(sharedAddresses(host, BOTH)).toEqual([])
})

test('[CN9] the address for this machine can be opened as it stands', () => {
  expect(['0.0.0.0', '::', '127.0.0.1', '::1', '[::1]', '192.168.1.7'].map(localName)).toEqual([
    'localhost',
    'localhost',
    'localhost',
    '[::1]',
    '[::1]',
    '192.168.1.7',
  ])
})

test('[CN9] the certificate names the address the server listens on, without brackets', () => {
  expect(certificateNames('2001:db8::7')).toContain('2001:db8::7')
  expect(certificateNames('0.0.0.0')).toContain('localhost')
})
