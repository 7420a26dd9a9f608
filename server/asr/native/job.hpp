// One window of audio from samples to tokens: features, encoder, language, search, word times.
#pragma once

namespace parley {

constexpr int SAMPLES_PER_FRAME = 320; // one encoder frame is 20 ms
constexpr int MS_PER_FRAME = 20;
constexpr int SHORTEST_WINDOW = WHISPER_SAMPLE_RATE; // less than a second of audio makes whisper babble
constexpr int SHORTEST_PAUSE = 300; // ms between words that a listener hears as a pause
// Attention that jumps back 4 s, or half a shorter window, has lost its place.
constexpr int LARGEST_REWIND = 200, SMALLEST_REWIND = 50; // frames

struct Word { int32_t id; float probability; int start = 0, end = 0; };

struct Job {
    parley_request request;
    std::vector<float> pcm;
    std::vector<int32_t> prompt, prefix, draft, languages;
    std::vector<float> temperatures;
};

struct Outcome {
    parley_result result = {};
    std::vector<Word> words;
};

static double milliseconds() { return ggml_time_us() / 1000.0; }

// What the searches share.
struct Search {
    TextDecoder & decoder;
    const Suppressor & suppressor;
    const Job & job;
    Attention & attention;
    const std::atomic<bool> & aborted;
    std::vector<int32_t> head; // prompt, start of transcript, language, task, no timestamps, prefix
    int sot = 0;               // position of the start-of-transcript token
    int limit = 0;             // most tokens after the prefix
    int threads = 1;
    double seconds = 0;        // of audio

    void check() const { if (aborted.load(std::memory_order_relaxed)) throw Aborted{}; }
    bool fresh() const { return job.prefix.empty(); }
};

static float no_speech_probability(const whisper_vocab & vocab, const float * logits) {
    const std::vector<float> row(logits, logits + vocab.n_vocab);
    return float(std::exp(row[vocab.token_nosp] - log_sum_exp(row)));
}

// Among the allowed languages; every one of the model when the list is empty.
static void detect_language(Search & search, Outcome & outcome) {
    const auto & vocab = search.decoder.ctx.vocab;
    search.decoder.clear();
    search.decoder.run({ { vocab.token_sot, 0, 0 } }, { 0 }, search.threads, false);
    const float * row = search.decoder.row(0);
    std::vector<int32_t> allowed = search.job.languages;
    if (allowed.empty()) for (int i = 0; i < vocab.num_languages(); i++) allowed.push_back(i);
    std::vector<float> logits;
    for (const int32_t language : allowed) logits.push_back(row[vocab.token_sot + 1 + language]);
    const size_t best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    outcome.result.language = allowed[best];
    outcome.result.language_probability = float(std::exp(logits[best] - log_sum_exp(logits)));
}

static void build_head(Search & search, int language) {
    const auto & vocab = search.decoder.ctx.vocab;
    auto & head = search.head;
    if (!search.job.prompt.empty()) {
        head.push_back(vocab.token_prev);
        head.insert(head.end(), search.job.prompt.begin(), search.job.prompt.end());
    }
    search.sot = int(head.size());
    head.push_back(vocab.token_sot);
    if (vocab.is_multilingual()) {
        head.push_back(vocab.token_sot + 1 + language);
        head.push_back(search.job.request.translate ? vocab.token_translate : vocab.token_transcribe);
    }
    head.push_back(vocab.token_not);
    head.insert(head.end(), search.job.prefix.begin(), search.job.prefix.end());
}

// Punctuation is said nowhere, so its attention may be anywhere.
static bool is_spoken(const whisper_vocab & vocab, int32_t id) {
    const auto & text = vocab.id_to_token.at(id);
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return is_letter(c) || is_number(c); });
}

// The first word whose attention jumps back too far, or -1; frames[i + 1] is where word i is left.
static int find_rewind(const whisper_vocab & vocab, const std::vector<Word> & words, const std::vector<int> & frames, int n_content) {
    const int most = std::max(SMALLEST_REWIND, std::min(LARGEST_REWIND, n_content / 2));
    int last = 0;
    for (size_t i = 0; i < words.size(); i++) {
        if (!is_spoken(vocab, words[i].id)) continue;
        if (last - frames[i + 1] > most) return int(i);
        last = frames[i + 1];
    }
    return -1;
}

// Times of the new words from the rows of attention. Returns false when attention lost its place: the words from there on
// are dropped (never in a refinement, where the search has judged the whole text).
static bool set_times(Search & search, std::vector<Word> & words, int n_content) {
    if (words.empty()) return true;
    const int kind = search.job.request.kind, begin = int(search.head.size());
    // Row begin - 1 emits the first new token, row begin + i has read token i back in.
    auto scores = search.attention.scores(search.sot, begin - 1, begin + int(words.size()));
    const auto frames = peaks(scores, n_content);
    const int lost = kind == PARLEY_REFINE ? -1 : find_rewind(search.decoder.ctx.vocab, words, frames, n_content);
    if (lost >= 0) words.resize(lost);
    const int n = int(words.size());
    if (kind == PARLEY_DRAFT) {
        for (int i = 0; i < n; i++) {
            words[i].start = frames[i] * MS_PER_FRAME;
            words[i].end = frames[i + 1] * MS_PER_FRAME;
        }
        return lost < 0;
    }
    // A token owns a stretch of the path. It begins where its attention is strongest in there (a pause before a word lies
    // in that word's stretch) and lasts to the next one's beginning, or to the end of its stretch when a pause follows.
    scores.resize(n + 1);
    const auto begins = monotonic_path(scores, n_content);
    for (int i = 0; i < n; i++) {
        const auto * row = scores[i].data();
        words[i].start = int(std::max_element(row + begins[i], row + begins[i + 1] + 1) - row) * MS_PER_FRAME;
    }
    for (int i = 0; i < n; i++) {
        const int stretch = begins[i + 1] * MS_PER_FRAME;
        const bool fluent = i + 1 < n && words[i + 1].start - stretch < SHORTEST_PAUSE;
        words[i].end = fluent ? words[i + 1].start : stretch;
    }
    return lost < 0;
}

// Live attention wanders a little: a word never ends before it starts, nor starts before the one ahead of it.
static void straighten(std::vector<Word> & words) {
    int last = 0;
    for (auto & word : words) {
        word.start = std::max(word.start, last);
        word.end = std::max(word.end, word.start);
        last = word.start;
    }
}

} // namespace parley
