// Text to tokens as the model was trained to see them: byte-pair merges in the order of their ranks.
//
// In GPT-2's vocabulary a token's id is the rank of the merge that made it, so the vocabulary alone is enough.
// (whisper.cpp's own tokenizer takes the longest match instead, and its regular expression recurses once per character.)
#pragma once

namespace parley {

static bool is_letter(unsigned char c) { return c >= 0x80 || isalpha(c); } // every non-ASCII byte counts as a letter
static bool is_number(unsigned char c) { return isdigit(c); }
static bool is_blank(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The end of the piece that begins at `from`: contractions, or an optional space with letters, digits or other signs.
static size_t piece_end(const std::string & text, size_t from) {
    for (const char * tail : { "'s", "'t", "'re", "'ve", "'m", "'ll", "'d" }) {
        if (text.compare(from, strlen(tail), tail) == 0) return from + strlen(tail);
    }
    size_t at = from;
    if (text[at] == ' ' && at + 1 < text.size() && !is_blank(text[at + 1])) at++;
    if (is_blank(text[at])) {
        while (at < text.size() && is_blank(text[at])) at++;
        // The last blank of a run belongs to the word after it.
        return at < text.size() && at - from > 1 ? at - 1 : at;
    }
    const auto kind = [](unsigned char c) { return is_letter(c) ? 1 : is_number(c) ? 2 : is_blank(c) ? 0 : 3; };
    const int first = kind(text[at]);
    while (at < text.size() && kind(text[at]) == first) at++;
    return at;
}

static void merge_piece(const whisper_vocab & vocab, const std::string & piece, std::vector<int32_t> & ids) {
    std::vector<size_t> cuts; // piece[cuts[i], cuts[i+1]) is a part
    for (size_t i = 0; i <= piece.size(); i++) cuts.push_back(i);
    const auto rank = [&](size_t i, size_t j) {
        const auto found = vocab.token_to_id.find(piece.substr(cuts[i], cuts[j] - cuts[i]));
        return found == vocab.token_to_id.end() || found->second >= vocab.token_eot ? INT32_MAX : found->second;
    };
    while (cuts.size() > 2) {
        int32_t best = INT32_MAX;
        size_t where = 0;
        for (size_t i = 0; i + 2 < cuts.size(); i++) {
            const int32_t candidate = rank(i, i + 2);
            if (candidate < best) { best = candidate; where = i; }
        }
        if (best == INT32_MAX) break;
        cuts.erase(cuts.begin() + where + 1);
    }
    for (size_t i = 0; i + 1 < cuts.size(); i++) {
        const int32_t id = rank(i, i + 1);
        if (id != INT32_MAX) ids.push_back(id);
    }
}

static std::vector<int32_t> tokenize_text(const whisper_vocab & vocab, const std::string & text) {
    constexpr size_t LONGEST_PIECE = 64; // bytes; merging is quadratic, and no word needs more
    std::vector<int32_t> ids;
    for (size_t from = 0; from < text.size();) {
        const size_t end = std::min(piece_end(text, from), from + LONGEST_PIECE);
        merge_piece(vocab, text.substr(from, end - from), ids);
        from = end;
    }
    return ids;
}

} // namespace parley
