// The one compilation unit of the native engine: whisper.cpp with its internals in reach, and the flat C functions.
#include "parley.h"

#include "ggml.h"

// Called by the patched graph builder (upstream.ts); defined in decoder.hpp.
static ggml_tensor * parley_select_rows(ggml_context * ctx, ggml_tensor * hidden);

#include "whisper.cpp"

#include <ctime>

#include "ggml-cpu.h"
#include "mel.hpp"
#include "tokenizer.hpp"
#include "decoder.hpp"
#include "attention.hpp"
#include "sampling.hpp"
#include "job.hpp"
#include "greedy.hpp"
#include "beam.hpp"
#include "engine.hpp"
#include "voice.hpp"
#include "logging.hpp"
#include "loading.hpp"

namespace {

void report(char * error, int32_t size, const std::string & text) {
    if (error && size > 0) snprintf(error, size_t(size), "%s", text.c_str());
}

// Runs `body`; an exception becomes its text and `failed`.
template <typename Result, typename Body>
Result guarded(char * error, int32_t size, Result failed, Body body) {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        report(error, size, "not enough memory");
    } catch (const std::exception & e) {
        report(error, size, e.what());
    }
    return failed;
}

} // namespace

int32_t parley_abi(void) { return PARLEY_ABI; }

void parley_set_log_level(int32_t level) { parley::log_level = level; }

const char * parley_system(void) {
    static const std::string text = parley::system_json();
    return text.c_str();
}

parley_model * parley_model_open(const char * path, int32_t gpu, char * error, int32_t error_size) {
    return guarded<parley_model *>(error, error_size, nullptr, [&] { return parley::load_model(path, gpu != 0); });
}

void parley_model_close(parley_model * model) { delete model; }

void parley_model_describe(const parley_model * model, parley_model_info * info) {
    const auto & h = model->ctx->model.hparams;
    const auto & vocab = model->ctx->vocab;
    *info = { h.n_vocab, vocab.is_multilingual() ? vocab.num_languages() : 1, vocab.is_multilingual(), h.n_audio_layer,
              h.n_text_layer, h.n_text_ctx, h.n_audio_ctx, parley::on_gpu(*model->ctx), vocab.token_eot };
}

int32_t parley_token_bytes(const parley_model * model, int32_t id, uint8_t * bytes, int32_t size) {
    const auto & tokens = model->ctx->vocab.id_to_token;
    const auto found = tokens.find(id);
    if (found == tokens.end()) return -1;
    memcpy(bytes, found->second.data(), std::min(size_t(size), found->second.size()));
    return int32_t(found->second.size());
}

int32_t parley_tokenize(const parley_model * model, const uint8_t * text, int32_t length, int32_t * ids, int32_t size) {
    const auto all = parley::tokenize_text(model->ctx->vocab, std::string(reinterpret_cast<const char *>(text), size_t(length)));
    std::copy(all.begin(), all.begin() + std::min(size_t(size), all.size()), ids);
    return int32_t(all.size());
}

int32_t parley_language_code(int32_t language, char * code, int32_t size) {
    for (const auto & entry : g_lang) {
        if (entry.second.first != language) continue;
        report(code, size, entry.first);
        return language;
    }
    return -1;
}

parley_state * parley_state_open(parley_model * model, char * error, int32_t error_size) {
    return guarded<parley_state *>(error, error_size, nullptr, [&] { return new parley_state(model); });
}

void parley_state_close(parley_state * state) { delete state; }

int32_t parley_start(parley_state * state, const parley_request * request, const float * pcm, const int32_t * tokens,
                     const float * temperatures, char * error, int32_t error_size) {
    return guarded<int32_t>(error, error_size, -1, [&] {
        state->start(parley::make_job(*state->model, *request, pcm, tokens, temperatures));
        return 0;
    });
}

int32_t parley_poll(parley_state * state) { return state->phase; }

void parley_abort(parley_state * state) { state->aborted = true; }

int32_t parley_collect(parley_state * state, parley_result * result, parley_token * tokens, int32_t size, char * error,
                       int32_t error_size) {
    const int32_t phase = state->phase;
    if (phase == PARLEY_RUNNING) return phase;
    *result = state->outcome.result;
    const auto & words = state->outcome.words;
    for (int32_t i = 0; i < std::min(size, int32_t(words.size())); i++) {
        tokens[i] = { words[i].id, words[i].start, words[i].end, words[i].probability };
    }
    report(error, error_size, state->error);
    state->phase = PARLEY_IDLE;
    return phase;
}

double parley_measure(parley_state * state, int32_t what, int32_t size, int32_t threads) {
    return guarded<double>(nullptr, 0, -1.0, [&] { return parley::measure(*state, what, size, threads); });
}

parley_voice * parley_voice_open(const char * path, char * error, int32_t error_size) {
    return guarded<parley_voice *>(error, error_size, nullptr, [&] { return new parley_voice(parley::load_voice(path)); });
}

int32_t parley_voice_detect(parley_voice * voice, const float * pcm, int32_t n_samples, float * probabilities) {
    if (n_samples < 0 || n_samples % VoiceNetwork::CHUNK != 0) return -1;
    const int n = n_samples / VoiceNetwork::CHUNK;
    return voice->detect(pcm, n, probabilities) ? n : -1;
}

void parley_voice_reset(parley_voice * voice) { voice->reset(); }

void parley_voice_close(parley_voice * voice) { delete voice; }
