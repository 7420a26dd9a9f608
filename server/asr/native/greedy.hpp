// Greedy decoding for drafts and finals: head and draft in one batch, then token by token.
#pragma once

namespace parley {

static int greedy_search(Search & search, Outcome & outcome) {
    auto & decoder = search.decoder;
    const auto & head = search.head;
    const auto & draft = search.job.draft;
    const int n_head = int(head.size()), n_draft = int(draft.size());
    double started = milliseconds();

    std::vector<Cell> batch;
    for (int i = 0; i < n_head; i++) batch.push_back({ head[i], i, 0 });
    for (int i = 0; i < n_draft; i++) batch.push_back({ draft[i], n_head + i, 0 });
    std::vector<int32_t> rows = { search.sot };
    for (int i = 0; i <= n_draft; i++) if (n_head - 1 + i != search.sot) rows.push_back(n_head - 1 + i);
    decoder.clear();
    decoder.run(batch, rows, search.threads, true);
    search.attention.take(decoder.st, 0);
    outcome.result.no_speech_probability = no_speech_probability(decoder.ctx.vocab, decoder.row(0));
    outcome.result.prompt_ms += float(milliseconds() - started);

    started = milliseconds();
    int stop = PARLEY_STOP_LIMIT, accepted = 0;
    int row = int(rows.size()) - 1 - n_draft; // the logits that choose the next token
    std::vector<int32_t> history = search.job.prefix;
    std::vector<float> logits;
    bool guessing = n_draft > 0;
    while (true) {
        search.check();
        const bool first = search.fresh() && outcome.words.empty();
        search.suppressor.filter(decoder.row(row), first, logits);
        const double total = log_sum_exp(logits);
        std::vector<float> & adjusted = logits;
        discourage_repeats(history, adjusted);
        const int32_t id = int32_t(std::max_element(adjusted.begin(), adjusted.end()) - adjusted.begin());
        if (id == search.suppressor.end_of_text()) { stop = PARLEY_STOP_END; break; }
        if (int(outcome.words.size()) >= search.limit) break;
        outcome.words.push_back({ id, float(std::exp(std::min(0.0, adjusted[id] - total))) });
        history.push_back(id);
        if (const int tail = std::max(repeated_tail(history), restarted_tail(history, search.seconds))) {
            outcome.words.resize(std::max(0, int(outcome.words.size()) - tail));
            stop = PARLEY_STOP_LOOP;
            break;
        }
        const int position = n_head + int(outcome.words.size()) - 1;
        if (guessing && accepted < n_draft && draft[accepted] == id) {
            accepted++; // its row is in the batch already
            row++;
            continue;
        }
        if (guessing) { // the rest of the draft was wrong: it leaves the cache
            guessing = false;
            decoder.forget_from(0, position);
            search.attention.truncate(position);
        }
        decoder.run({ { id, position, 0 } }, { 0 }, search.threads, true);
        search.attention.take(decoder.st, position);
        row = 0;
    }
    outcome.result.draft_accepted = accepted;
    outcome.result.decode_ms += float(milliseconds() - started);
    return stop;
}

} // namespace parley
