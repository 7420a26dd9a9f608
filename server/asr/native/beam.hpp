// Careful decoding for refinements: beam search, then sampling at rising temperatures when the text looks like a failure.
#pragma once

namespace parley {

// As OpenAI's reference: a text this repetitive or this unlikely is tried again at the next temperature.
constexpr double LOWEST_ENTROPY = 2.4, LOWEST_LOG_PROBABILITY = -1.0, LIKELY_SILENCE = 0.6;

struct Path {
    std::vector<int32_t> ids;
    std::vector<float> log_probabilities;
    double sum = 0;
    int sequence = 0;
    bool ended = false;
    double score() const { return ids.empty() ? -INFINITY : sum / double(ids.size()); }
    double average() const { return ids.empty() ? 0 : sum / double(ids.size()); }
};

struct Extension { int path; int32_t id; float log_probability; double sum; };

// Reads the head once for all sequences; leaves the logits of its last row in row(1) (or 0 when that is the first).
static int read_head(Search & search, int n_sequences, Outcome & outcome) {
    auto & decoder = search.decoder;
    const int n_head = int(search.head.size());
    const double started = milliseconds();
    std::vector<Cell> batch;
    for (int i = 0; i < n_head; i++) batch.push_back({ search.head[i], i, 0 });
    decoder.clear();
    decoder.run(batch, { search.sot, n_head - 1 }, search.threads, false);
    outcome.result.no_speech_probability = no_speech_probability(decoder.ctx.vocab, decoder.row(0));
    for (int i = 1; i < n_sequences; i++) whisper_kv_cache_seq_cp(decoder.st.kv_self, 0, i, 0, -1);
    outcome.result.prompt_ms += float(milliseconds() - started);
    return 1;
}

// The `count` most likely continuations of a row.
static void best_of_row(const std::vector<float> & logits, double total, int count, int path, double sum,
                        std::vector<Extension> & out) {
    std::vector<int32_t> order(logits.size());
    for (size_t i = 0; i < order.size(); i++) order[i] = int32_t(i);
    std::partial_sort(order.begin(), order.begin() + count, order.end(),
                      [&](int32_t a, int32_t b) { return logits[a] > logits[b]; });
    for (int i = 0; i < count; i++) {
        const float log_probability = float(logits[order[i]] - total);
        out.push_back({ path, order[i], log_probability, sum + log_probability });
    }
}

// Makes cache sequence i continue path sources[i]: two copies through spare numbers, cells are shared, nothing is moved.
static void reseat(whisper_kv_cache & cache, const std::vector<int> & sources) {
    const int n = int(sources.size());
    for (int i = 0; i < n; i++) whisper_kv_cache_seq_cp(cache, sources[i], WHISPER_MAX_DECODERS + i, 0, -1);
    for (int i = 0; i < WHISPER_MAX_DECODERS; i++) whisper_kv_cache_seq_rm(cache, i, 0, -1);
    for (int i = 0; i < n; i++) {
        whisper_kv_cache_seq_cp(cache, WHISPER_MAX_DECODERS + i, i, 0, -1);
        whisper_kv_cache_seq_rm(cache, WHISPER_MAX_DECODERS + i, 0, -1);
    }
}

static void read_paths(Search & search, const std::vector<Path> & paths) {
    std::vector<Cell> batch;
    std::vector<int32_t> rows;
    for (const auto & path : paths) {
        rows.push_back(int32_t(batch.size()));
        batch.push_back({ path.ids.back(), int32_t(search.head.size() + path.ids.size()) - 1, path.sequence });
    }
    search.decoder.run(batch, rows, search.threads, false);
}

static Path beam_search(Search & search, int width, Outcome & outcome, bool & limited) {
    const int head_row = read_head(search, width, outcome);
    const int32_t end = search.suppressor.end_of_text();
    std::vector<Path> paths(1), finished;
    std::vector<float> logits;
    for (int step = 0; step < search.limit && int(finished.size()) < width && !paths.empty(); step++) {
        search.check();
        std::vector<Extension> extensions;
        for (int i = 0; i < int(paths.size()); i++) {
            search.suppressor.filter(search.decoder.row(step == 0 ? head_row : i), step == 0 && search.fresh(), logits);
            best_of_row(logits, log_sum_exp(logits), width + 1, i, paths[i].sum, extensions);
        }
        std::sort(extensions.begin(), extensions.end(), [](const Extension & a, const Extension & b) { return a.sum > b.sum; });
        std::vector<Path> next;
        std::vector<int> sources;
        for (const auto & extension : extensions) {
            if (int(next.size()) == width) break;
            Path path = paths[extension.path];
            if (extension.id == end) {
                path.ended = true;
                if (int(finished.size()) < width) finished.push_back(std::move(path));
                continue;
            }
            sources.push_back(path.sequence);
            path.ids.push_back(extension.id);
            path.log_probabilities.push_back(extension.log_probability);
            path.sum = extension.sum;
            path.sequence = int(next.size());
            next.push_back(std::move(path));
        }
        paths = std::move(next);
        if (int(finished.size()) >= width) break;
        reseat(search.decoder.st.kv_self, sources);
        read_paths(search, paths);
    }
    limited = finished.empty();
    auto & candidates = finished.empty() ? paths : finished;
    return *std::max_element(candidates.begin(), candidates.end(),
                             [](const Path & a, const Path & b) { return a.score() < b.score(); });
}

// Several independent samples at a temperature; the likeliest wins. The seed is fixed, so a retry gives the same text.
static Path sample(Search & search, int count, float temperature, Outcome & outcome, bool & limited) {
    const int head_row = read_head(search, count, outcome);
    const int32_t end = search.suppressor.end_of_text();
    std::mt19937 random(0);
    std::vector<Path> paths(count), finished;
    for (int i = 0; i < count; i++) paths[i].sequence = i;
    std::vector<float> logits;
    for (int step = 0; step < search.limit && !paths.empty(); step++) {
        search.check();
        std::vector<Path> next;
        for (int i = 0; i < int(paths.size()); i++) {
            search.suppressor.filter(search.decoder.row(step == 0 ? head_row : i), step == 0 && search.fresh(), logits);
            const double total = log_sum_exp(logits);
            const float top = *std::max_element(logits.begin(), logits.end());
            std::vector<float> weights(logits.size());
            for (size_t k = 0; k < weights.size(); k++) weights[k] = std::exp((logits[k] - top) / temperature);
            const int32_t id = std::discrete_distribution<int32_t>(weights.begin(), weights.end())(random);
            Path path = paths[i];
            if (id == end) { path.ended = true; finished.push_back(std::move(path)); continue; }
            path.ids.push_back(id);
            path.log_probabilities.push_back(float(logits[id] - total));
            path.sum += logits[id] - total;
            next.push_back(std::move(path));
        }
        paths = std::move(next);
        if (!paths.empty()) read_paths(search, paths);
    }
    limited = finished.empty();
    auto & candidates = finished.empty() ? paths : finished;
    return *std::max_element(candidates.begin(), candidates.end(),
                             [](const Path & a, const Path & b) { return a.score() < b.score(); });
}

// One more pass over the chosen text, all tokens at once, for the cross-attention that gives the times.
static void read_back(Search & search, const Path & path) {
    std::vector<Cell> batch;
    for (const int32_t id : search.head) batch.push_back({ id, int32_t(batch.size()), 0 });
    for (const int32_t id : path.ids) batch.push_back({ id, int32_t(batch.size()), 0 });
    search.decoder.clear();
    search.decoder.run(batch, { 0 }, search.threads, true);
    search.attention.take(search.decoder.st, 0);
}

static int careful_search(Search & search, Outcome & outcome) {
    const double started = milliseconds();
    const int width = std::max(1, std::min(search.job.request.beam, WHISPER_MAX_DECODERS));
    search.decoder.reserve_cells(GGML_PAD(int(search.head.size()) + width * (search.limit + 1), 256));
    auto temperatures = search.job.temperatures;
    if (temperatures.empty()) temperatures.push_back(0);
    Path path;
    bool limited = false, looped = false;
    for (size_t i = 0; i < temperatures.size(); i++) {
        const float temperature = temperatures[i];
        bool hit_limit = false;
        Path tried = temperature > 0 ? sample(search, width, temperature, outcome, hit_limit) : beam_search(search, width, outcome, hit_limit);
        const bool loops = repeated_tail(tried.ids) > 0 || (tried.ids.size() > 32 && tail_entropy(tried.ids) < LOWEST_ENTROPY);
        const bool fine = !loops && !hit_limit && tried.average() > LOWEST_LOG_PROBABILITY;
        // When every attempt fails, the likeliest that does not go round in circles is the least wrong.
        if (i == 0 || fine || (looped && !loops) || (looped == loops && tried.score() > path.score())) {
            path = std::move(tried);
            limited = hit_limit;
            looped = loops;
            outcome.result.temperature = temperature;
        }
        if (fine || (!loops && outcome.result.no_speech_probability > LIKELY_SILENCE)) break;
    }
    if (const int tail = repeated_tail(path.ids)) path.ids.resize(path.ids.size() - tail);
    read_back(search, path);
    for (size_t i = 0; i < path.ids.size(); i++) {
        outcome.words.push_back({ path.ids[i], float(std::exp(path.log_probabilities[i])) });
    }
    outcome.result.decode_ms += float(milliseconds() - started) - outcome.result.prompt_ms;
    return looped ? PARLEY_STOP_LOOP : limited ? PARLEY_STOP_LIMIT : PARLEY_STOP_END;
}

} // namespace parley
