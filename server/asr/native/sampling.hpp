// From logits to a token: what may never be said, how sure the model is, and how a loop is recognised.
#pragma once

namespace parley {

struct Choice { int32_t id; float probability; };

// Signs that stand for sounds instead of words: brackets around "(music)", notes and the like. Whisper's own list.
static std::vector<uint8_t> forbidden_tokens(const whisper_vocab & vocab) {
    std::vector<uint8_t> forbidden(vocab.token_eot, 0);
    const auto forbid = [&](const std::string & text) {
        const auto found = vocab.token_to_id.find(text);
        if (found != vocab.token_to_id.end() && found->second < vocab.token_eot) forbidden[found->second] = 1;
    };
    for (const auto & sign : non_speech_tokens) { forbid(sign); forbid(" " + sign); }
    forbid(" -"); // allowed inside words, not at their beginning
    forbid(" '");
    return forbidden;
}

// Log-probabilities over the text tokens and the end-of-text token (all else is suppressed); `logits` is overwritten.
class Suppressor {
  public:
    explicit Suppressor(const whisper_vocab & vocab)
        : n_text(vocab.token_eot), forbidden(forbidden_tokens(vocab)) {
        const auto blank = vocab.token_to_id.find(" ");
        blank_id = blank == vocab.token_to_id.end() ? -1 : blank->second;
    }

    // The number of candidates: text tokens, then end of text.
    int size() const { return n_text + 1; }
    int32_t end_of_text() const { return n_text; }

    void filter(const float * logits, bool first, std::vector<float> & out) const {
        out.assign(logits, logits + n_text + 1);
        for (int i = 0; i < n_text; i++) if (forbidden[i]) out[i] = -INFINITY;
        if (!first) return;
        out[n_text] = -INFINITY;
        if (blank_id >= 0) out[blank_id] = -INFINITY;
    }

  private:
    int n_text;
    std::vector<uint8_t> forbidden;
    int32_t blank_id;
};

static double log_sum_exp(const std::vector<float> & logits) {
    const float top = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float value : logits) if (value > top - 25) sum += std::exp(value - top);
    return top + std::log(sum);
}

// Makes a token that would extend a verbatim repeat less likely: by 2, 4, 8 … once four or more tokens repeat ("DRY").
static void discourage_repeats(const std::vector<int32_t> & history, std::vector<float> & logits) {
    constexpr int SHORTEST = 4, LONGEST = 10;
    const int n = int(history.size());
    std::map<int32_t, int> repeated;
    for (int end = SHORTEST; end < n; end++) { // history[end] follows an earlier occurrence
        int length = 0;
        while (length < LONGEST && length < end && history[end - 1 - length] == history[n - 1 - length]) length++;
        if (length >= SHORTEST) {
            int & longest = repeated[history[end]];
            longest = std::max(longest, length);
        }
    }
    for (const auto & entry : repeated) logits[entry.first] -= float(1 << (entry.second - SHORTEST + 1));
}

// The number of tokens at the end that only repeat what stands before them: n-grams up to 8, three times or more.
static int repeated_tail(const std::vector<int32_t> & tokens) {
    const int n = int(tokens.size());
    for (int width = 1; width <= 8; width++) {
        int same = 0;
        while (same + width < n && tokens[n - 1 - same] == tokens[n - 1 - same - width]) same++;
        const int times = same / width + 1;
        if (times >= 3 && times * width >= (width == 1 ? 8 : 12)) return same;
    }
    return 0;
}

// The number of tokens to drop when a phrase comes for the third time, faster than anyone speaks: whisper starts a short
// window over again when it cannot find its end. Everything from the phrase's second coming on is dropped.
static int restarted_tail(const std::vector<int32_t> & tokens, double seconds) {
    constexpr int PHRASE = 4;
    constexpr double FASTEST = 6; // tokens per second; brisk speech has four
    const int n = int(tokens.size());
    if (n < 3 * PHRASE || n < FASTEST * seconds) return 0;
    int first = -1;
    for (int at = 0; at + PHRASE < n; at++) {
        if (!std::equal(tokens.end() - PHRASE, tokens.end(), tokens.begin() + at)) continue;
        if (first < 0) { first = at; continue; }
        int second = at; // the phrase may have begun before the four tokens that all three share
        while (first > 0 && tokens[first - 1] == tokens[second - 1]) { first--; second--; }
        return n - second;
    }
    return 0;
}

// Entropy of the last 32 tokens in nats: low when a text goes round in circles.
static double tail_entropy(const std::vector<int32_t> & tokens) {
    const size_t n = std::min<size_t>(32, tokens.size());
    std::map<int32_t, int> counts;
    for (size_t i = tokens.size() - n; i < tokens.size(); i++) counts[tokens[i]]++;
    double entropy = 0;
    for (const auto & entry : counts) {
        const double p = double(entry.second) / n;
        entropy -= p * std::log(p);
    }
    return entropy;
}

} // namespace parley
