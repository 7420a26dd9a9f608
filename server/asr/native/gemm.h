/* Product of two 8-bit matrices (q8_0 weights × q8_0 activations) for CPUs with AVX-512 VNNI; included by ggml's sgemm.cpp.
 *
 * A q8_0 row is a run of blocks: 32 signed bytes and one scale. The kernel keeps sixteen weight rows in the lanes of a
 * register, so that one instruction multiplies four bytes of sixteen rows with four bytes of one column, and neither shuffles
 * nor horizontal sums are left inside the loop. The instruction wants one unsigned operand: weights are shifted by 128 while
 * they are packed, and each column's accumulator starts at -128 times the sum of its block, which cancels the shift exactly.
 */
#ifndef PARLEY_GEMM_H
#define PARLEY_GEMM_H

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
#include <vector>

namespace parley_gemm {

constexpr int LANES = 16;      /* weight rows per register */
constexpr int GROUPS = 2;      /* registers of weight rows per tile */
constexpr int COLUMNS = 6;     /* activation columns per tile: 2 × 6 sums of integers and 2 × 6 of floats fill the registers */
constexpr int QUADS = QK8_0 / 4;
constexpr int MIN_COLUMNS = 12; /* below this, packing the weights costs more than it saves */

/* Weight rows, packed: per block QUADS registers of bytes, then one register of scales. */
struct Panel {
    alignas(64) uint8_t bytes[QUADS][LANES][4];
    float scales[LANES];
};

/* What the kernel needs to know about each activation block besides its bytes. */
struct Column {
    float scale;
    int32_t start; /* -128 × sum of the block's bytes */
};

static inline void pack(const block_q8_0 * a, int64_t lda, int64_t k, int n_rows, Panel * out) {
    for (int64_t b = 0; b < k; b++) {
        Panel & panel = out[b];
        for (int r = 0; r < LANES; r++) {
            const block_q8_0 * block = a + (r < n_rows ? r : 0) * lda + b;
            panel.scales[r] = r < n_rows ? GGML_CPU_FP16_TO_FP32(block->d) : 0.0f;
            for (int q = 0; q < QUADS; q++) {
                uint32_t four;
                memcpy(&four, block->qs + 4 * q, 4);
                four ^= 0x80808080u;
                memcpy(panel.bytes[q][r], &four, 4);
            }
        }
    }
}

static inline Column describe(const block_q8_0 & block) {
    const __m256i ones = _mm256_set1_epi8(1);
    const __m256i sums = _mm256_dpbusd_epi32(_mm256_setzero_si256(), ones, _mm256_loadu_si256((const __m256i *) block.qs));
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
    return { GGML_CPU_FP16_TO_FP32(block.d), -128 * _mm_cvtsi128_si32(s) };
}

/* One tile: 32 weight rows × N columns over all k blocks. */
template <int N>
static inline void tile(const Panel * const panels[GROUPS], const block_q8_0 * b, int64_t ldb, const Column * columns, int64_t k,
                        float * c, int64_t ldc, const __mmask16 masks[GROUPS]) {
    __m512 sums[GROUPS][N];
    for (int g = 0; g < GROUPS; g++) for (int j = 0; j < N; j++) sums[g][j] = _mm512_setzero_ps();
    for (int64_t i = 0; i < k; i++) {
        __m512i dots[GROUPS][N];
        for (int j = 0; j < N; j++) dots[0][j] = dots[1][j] = _mm512_set1_epi32(columns[j * k + i].start);
        for (int q = 0; q < QUADS; q++) {
            const __m512i w0 = _mm512_load_si512(panels[0][i].bytes[q]);
            const __m512i w1 = _mm512_load_si512(panels[1][i].bytes[q]);
            for (int j = 0; j < N; j++) {
                int32_t four;
                memcpy(&four, b[j * ldb + i].qs + 4 * q, 4);
                const __m512i v = _mm512_set1_epi32(four);
                dots[0][j] = _mm512_dpbusd_epi32(dots[0][j], w0, v);
                dots[1][j] = _mm512_dpbusd_epi32(dots[1][j], w1, v);
            }
        }
        const __m512 s0 = _mm512_load_ps(panels[0][i].scales), s1 = _mm512_load_ps(panels[1][i].scales);
        for (int j = 0; j < N; j++) {
            const __m512 s = _mm512_set1_ps(columns[j * k + i].scale);
            sums[0][j] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[0][j]), _mm512_mul_ps(s0, s), sums[0][j]);
            sums[1][j] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[1][j]), _mm512_mul_ps(s1, s), sums[1][j]);
        }
    }
    for (int j = 0; j < N; j++) {
        _mm512_mask_storeu_ps(c + j * ldc, masks[0], sums[0][j]);
        _mm512_mask_storeu_ps(c + j * ldc + LANES, masks[1], sums[1][j]);
    }
}

template <int N>
static void last_columns(int left, const Panel * const panels[GROUPS], const block_q8_0 * b, int64_t ldb, const Column * columns,
                         int64_t k, float * c, int64_t ldc, const __mmask16 masks[GROUPS]) {
    if (left == N) tile<N>(panels, b, ldb, columns, k, c, ldc, masks);
    else if constexpr (N > 1) last_columns<N - 1>(left, panels, b, ldb, columns, k, c, ldc, masks);
}

/* C (m × n, column j at c + j·ldc) = A (m rows of k blocks) · Bᵀ (n rows of k blocks). Every thread of the pool calls it. */
static bool multiply(const ggml_compute_params * params, int64_t m, int64_t n, int64_t k, const block_q8_0 * a, int64_t lda,
                     const block_q8_0 * b, int64_t ldb, float * c, int64_t ldc) {
    if (n < MIN_COLUMNS) return false;
    if (params->ith == 0) ggml_threadpool_chunk_set(params->threadpool, params->nth);
    ggml_barrier(params->threadpool);

    static thread_local std::vector<Column> columns;
    static thread_local std::vector<Panel> storage;
    columns.resize(size_t(n * k));
    storage.resize(size_t(GROUPS * k));
    for (int64_t j = 0; j < n; j++) for (int64_t i = 0; i < k; i++) columns[size_t(j * k + i)] = describe(b[j * ldb + i]);

    constexpr int64_t ROWS = LANES * GROUPS;
    const Panel * const panels[GROUPS] = { storage.data(), storage.data() + k };
    const int64_t n_chunks = (m + ROWS - 1) / ROWS;
    for (int64_t chunk = params->ith; chunk < n_chunks; chunk = ggml_threadpool_chunk_add(params->threadpool, 1)) {
        const int64_t row = chunk * ROWS;
        __mmask16 masks[GROUPS];
        for (int g = 0; g < GROUPS; g++) {
            const int64_t left = m - row - g * LANES;
            const int n_rows = left <= 0 ? 0 : left < LANES ? int(left) : LANES;
            masks[g] = __mmask16((1u << n_rows) - 1);
            pack(a + (row + (n_rows ? g * LANES : 0)) * lda, lda, k, n_rows, storage.data() + g * k);
        }
        int64_t j = 0;
        for (; j + COLUMNS <= n; j += COLUMNS) {
            tile<COLUMNS>(panels, b + j * ldb, ldb, columns.data() + j * k, k, c + j * ldc + row, ldc, masks);
        }
        if (j < n) {
            last_columns<COLUMNS - 1>(int(n - j), panels, b + j * ldb, ldb, columns.data() + j * k, k, c + j * ldc + row, ldc, masks);
        }
    }
    return true;
}

} // namespace parley_gemm

#define PARLEY_GEMM_Q8(params, m, n, k, a, lda, b, ldb, c, ldc) \
    parley_gemm::multiply(params, m, n, k, (const block_q8_0 *) (a), lda, (const block_q8_0 *) (b), ldb, (float *) (c), ldc)
#else
#define PARLEY_GEMM_Q8(params, m, n, k, a, lda, b, ldb, c, ldc) false
#endif
#endif
