// One window of audio from samples to tokens: features, encoder, language, search, word times.
#pragma once

namespace parley {

constexpr int SAMPLES_PER_FRAME = 320; // one encoder frame is 20 ms
constexpr int MS_PER_FRAME = 20;
constexpr int SHORTEST_WINDOW = WHISPER_SAMPLE_RATE; // less than a second of audio makes whisper babble
constexpr int SHORTEST_PAUSE = 300; // ms between words that a listener hears as a pause
constexpr int REWIND_FRAMES = 200; // attention that jumps back 4 s has lost its place

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

// Times of the new words from the rows of attention; `count` rows stand in the cache after the head.
static void set_times(Search & search, std::vector<Word> & words, int n_content) {
    const int begin = int(search.head.size()), n = int(words.size());
    if (n == 0) return;
    // Row begin - 1 emits the first new token, row begin + i has read token i back in.
    const auto scores = search.attention.scores(search.sot, begin - 1, begin + n);
    if (search.job.request.kind == PARLEY_DRAFT) {
        const auto frames = peaks(scores, n_content);
        for (int i = 0; i < n; i++) {
            words[i].start = frames[i] * MS_PER_FRAME;
            words[i].end = frames[i + 1] * MS_PER_FRAME;
        }
        return;
    }
    // A token owns a stretch of the path. It begins where its attention is strongest in there (a pause before a word lies
    // in that word's stretch) and lasts to the next one's beginning, or to the end of its stretch when a pause follows.
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
}

// Punctuation is said nowhere, so its attention may be anywhere.
static bool is_spoken(const whisper_vocab & vocab, int32_t id) {
    const auto & text = vocab.id_to_token.at(id);
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return is_letter(c) || is_number(c); });
}

// Drops everything from the first word on whose attention jumps back too far. Returns true when it did.
static bool cut_rewind(const whisper_vocab & vocab, std::vector<Word> & words) {
    int last = 0;
    for (size_t i = 0; i < words.size(); i++) {
        if (!is_spoken(vocab, words[i].id)) continue;
        if (last - words[i].end > REWIND_FRAMES * MS_PER_FRAME) {
            words.resize(i);
            return true;
        }
        last = words[i].end;
    }
    return false;
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
