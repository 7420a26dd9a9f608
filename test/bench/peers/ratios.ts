/** How a peer's figures compare with ours in the same run. Pure. */

/** Ours and a peer's row of the benchmark's table → the peer's value divided by ours. */
export function ratios(ours: Record<string, string>, peer: Record<string, string>): Record<string, string> {
  const times = (column: string, which = 0) => {
    const value = (row: Record<string, string>) => Number(row[column]?.split(' / ')[which])
    return `${(value(peer) / value(ours)).toFixed(1)} ×`
  }
  return {
    against: peer.system ?? '',
    'shown p50': times('shown'),
    'committed p50 (bar 5 ×)': times('committed'),
    'committed p95': times('committed', 1),
    'final after speech p50': times('final after speech'),
    'CPU (bar 2 ×)': times('CPU/s'),
    memory: times('MB'),
    'WER: theirs, ours': `${peer['WER refined']}, ${ours['WER refined']}`,
  }
}
