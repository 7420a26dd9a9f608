// Where in the audio the decoder looked: cross-attention of the alignment heads, one row per token read in.
//
// As in AlignAtt and OpenAI's word timestamps: each head's weights are standardised over the tokens (so that frames every
// token likes count less), smoothed by a median over seven frames, and averaged over the heads.
#pragma once

namespace parley {

class Attention {
  public:
    void reset() { rows.clear(); }
    // Drops rows from `position` on, when the tokens there were rejected.
    void truncate(int position) { if (position < int(rows.size())) rows.resize(position); }

    // Takes the rows of the batch just evaluated; they belong to positions first, first + 1, …
    void take(whisper_state & state, int first) {
        const ggml_tensor * t = state.aheads_cross_QKs; // [token][frame][head], token fastest
        const int n_tokens = int(t->ne[0]);
        n_frames = int(t->ne[1]);
        n_heads = int(t->ne[2]);
        auto & data = state.aheads_cross_QKs_data;
        data.resize(ggml_nelements(t));
        ggml_backend_tensor_get(t, data.data(), 0, data.size() * sizeof(float));
        rows.resize(first + n_tokens);
        const size_t width = size_t(n_frames) * n_heads;
        for (int i = 0; i < n_tokens; i++) {
            auto & row = rows[first + i];
            row.resize(width);
            for (size_t k = 0; k < width; k++) row[k] = data[k * n_tokens + i];
        }
    }

    // Smoothed, head-averaged scores of rows [from, to) over the frames; standardised over rows [base, to).
    std::vector<std::vector<float>> scores(int base, int from, int to) const {
        const size_t width = size_t(n_frames) * n_heads;
        std::vector<float> mean(width), scale(width, 1.0f);
        const int count = to - base;
        if (count > 2) {
            std::vector<double> sum(width), squares(width);
            for (int i = base; i < to; i++) {
                for (size_t k = 0; k < width; k++) { sum[k] += rows[i][k]; squares[k] += double(rows[i][k]) * rows[i][k]; }
            }
            for (size_t k = 0; k < width; k++) {
                mean[k] = sum[k] / count;
                scale[k] = 1 / std::sqrt(std::max(squares[k] / count - double(mean[k]) * mean[k], 1e-12));
            }
        }
        std::vector<std::vector<float>> out(to - from, std::vector<float>(n_frames));
        std::vector<float> padded(n_frames + 6);
        for (int i = from; i < to; i++) {
            for (int h = 0; h < n_heads; h++) {
                for (int f = -3; f < n_frames + 3; f++) {
                    const int at = f < 0 ? -f : f >= n_frames ? 2 * n_frames - 2 - f : f;
                    const size_t k = size_t(h) * n_frames + at;
                    padded[f + 3] = (rows[i][k] - mean[k]) * scale[k];
                }
                for (int f = 0; f < n_frames; f++) out[i - from][f] += median_of_seven(padded.data() + f) / n_heads;
            }
        }
        return out;
    }

    int n_frames = 0, n_heads = 0;

  private:
    std::vector<std::vector<float>> rows; // by position in the text context

    static void order(float & a, float & b) { const float low = std::min(a, b); b = std::max(a, b); a = low; }
    // A sorting network without branches, so that the compiler can run it over many frames at once.
    static float median_of_seven(const float * p) {
        float a = p[0], b = p[1], c = p[2], d = p[3], e = p[4], f = p[5], g = p[6];
        order(a, f); order(a, d); order(a, b); order(a, c); order(a, e); order(a, g); // a is the smallest
        order(b, g); order(c, g); order(d, g); order(e, g); order(f, g);              // g is the largest
        order(b, c); order(d, e); order(b, d); order(c, e); order(b, f);              // b is the second smallest
        order(c, f); order(d, f); order(e, f);                                        // f is the second largest
        return std::max(std::min(c, d), std::min(std::max(c, d), e));                 // the median of the three left
    }
};

// The most attended frame of each row, within the audio.
static std::vector<int> peaks(const std::vector<std::vector<float>> & scores, int n_content) {
    std::vector<int> frames;
    for (const auto & row : scores) {
        const int n = std::max(1, std::min(n_content, int(row.size())));
        frames.push_back(int(std::max_element(row.begin(), row.begin() + n) - row.begin()));
    }
    return frames;
}

// The cheapest monotonic path through the rows (dynamic time warping): the frame at which each row begins.
static std::vector<int> monotonic_path(const std::vector<std::vector<float>> & scores, int n_content) {
    const int n = int(scores.size()), m = n ? std::max(1, std::min(n_content, int(scores[0].size()))) : 0;
    std::vector<std::vector<float>> cost(n + 1, std::vector<float>(m + 1, INFINITY));
    std::vector<std::vector<uint8_t>> came(n + 1, std::vector<uint8_t>(m + 1, 2));
    cost[0][0] = 0;
    for (int i = 1; i <= n; i++) {
        for (int j = 1; j <= m; j++) {
            const float diagonal = cost[i - 1][j - 1], up = cost[i - 1][j], left = cost[i][j - 1];
            const uint8_t step = diagonal <= up && diagonal <= left ? 0 : up <= left ? 1 : 2;
            cost[i][j] = (step == 0 ? diagonal : step == 1 ? up : left) - scores[i - 1][j - 1];
            came[i][j] = step;
        }
    }
    std::vector<int> begins(n, 0);
    for (int i = n, j = m; i > 0;) {
        begins[i - 1] = std::max(0, j - 1);
        if (j == 0) { i--; continue; }
        const uint8_t step = came[i][j];
        if (step != 2) i--;
        if (step != 1) j--;
    }
    return begins;
}

} // namespace parley
