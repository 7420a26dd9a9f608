// Opening models, checking requests, and telling what this build can do.
#pragma once

namespace parley {

// Which heads of the decoder follow the audio: known per model, recognised by its dimensions.
static whisper_alignment_heads_preset alignment_heads(const whisper_hparams & h, bool multilingual) {
    const bool english = !multilingual;
    if (h.n_audio_layer == 4 && h.n_text_layer == 4) return english ? WHISPER_AHEADS_TINY_EN : WHISPER_AHEADS_TINY;
    if (h.n_audio_layer == 6 && h.n_text_layer == 6) return english ? WHISPER_AHEADS_BASE_EN : WHISPER_AHEADS_BASE;
    if (h.n_audio_layer == 12 && h.n_text_layer == 12) return english ? WHISPER_AHEADS_SMALL_EN : WHISPER_AHEADS_SMALL;
    if (h.n_audio_layer == 24 && h.n_text_layer == 24) return english ? WHISPER_AHEADS_MEDIUM_EN : WHISPER_AHEADS_MEDIUM;
    if (h.n_audio_layer == 32 && h.n_text_layer == 4) return WHISPER_AHEADS_LARGE_V3_TURBO;
    if (h.n_audio_layer == 32 && h.n_text_layer == 32) return h.n_mels == 128 ? WHISPER_AHEADS_LARGE_V3 : WHISPER_AHEADS_LARGE_V2;
    return WHISPER_AHEADS_N_TOP_MOST; // distilled models: all heads of the upper half
}

// whisper.cpp trusts the sizes in a file; a damaged one would make it allocate without bound.
static void check_model_file(const char * path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("the model file cannot be opened");
    uint32_t magic = 0;
    int32_t h[11] = {};
    file.read(reinterpret_cast<char *>(&magic), sizeof magic);
    file.read(reinterpret_cast<char *>(h), sizeof h);
    if (!file || magic != GGML_FILE_MAGIC) throw std::runtime_error("the file is not a whisper model in ggml format");
    const auto within = [](int32_t value, int32_t low, int32_t high) { return value >= low && value <= high; };
    const bool plausible = within(h[0], 51864, 51900) && h[1] == 1500 && within(h[2], 64, 2048) && within(h[3], 1, 64) &&
        within(h[4], 1, 64) && h[5] == 448 && h[6] == h[2] && within(h[7], 1, 64) && within(h[8], 1, 64) &&
        (h[9] == 80 || h[9] == 128);
    if (!plausible) throw std::runtime_error("the model file has impossible dimensions: it is damaged or of another kind");
}

static bool on_gpu(const whisper_context & ctx) {
    for (auto * buffer : ctx.model.buffers) if (!ggml_backend_buffer_is_host(buffer)) return true;
    return false;
}

static parley_model * load_model(const char * path, bool gpu) {
    install_log();
    check_model_file(path);
    auto params = whisper_context_default_params();
    params.use_gpu = gpu;
    params.flash_attn = false; // with a shortened context it reads rows the previous job left behind
    whisper_context * ctx = whisper_init_from_file_with_params_no_state(path, params);
    if (!ctx) throw explained("the model could not be loaded");
    if (ctx->model.n_loaded != int(ctx->model.tensors.size())) { // upstream lets a file without any tensors pass
        whisper_free(ctx);
        throw std::runtime_error("the model file is cut short");
    }
    ctx->params.dtw_token_timestamps = true;
    ctx->params.dtw_aheads_preset = alignment_heads(ctx->model.hparams, ctx->vocab.is_multilingual());
    ctx->params.dtw_n_top = std::max(1, ctx->model.hparams.n_text_layer / 2);
    return new parley_model(ctx);
}

// Every stream of a process shares one copy of the network.
static std::shared_ptr<VoiceNetwork> load_voice(const char * path) {
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<VoiceNetwork>> loaded;
    install_log();
    std::lock_guard<std::mutex> lock(mutex);
    if (auto network = loaded[path].lock()) return network;
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file || file.tellg() < 100'000 || file.tellg() > 20'000'000) throw std::runtime_error("the voice model is missing or damaged");
    auto params = whisper_vad_default_context_params();
    params.n_threads = 1;
    params.use_gpu = false;
    auto * ctx = whisper_vad_init_from_file_with_params(path, params);
    if (!ctx) throw explained("the voice model could not be loaded");
    auto network = std::make_shared<VoiceNetwork>(ctx);
    if (ctx->n_window != VoiceNetwork::CHUNK) throw std::runtime_error("the voice model has another window than 512 samples");
    loaded[path] = network;
    return network;
}

static Job make_job(const parley_model & model, const parley_request & r, const float * pcm, const int32_t * tokens,
                    const float * temperatures) {
    const auto & vocab = model.ctx->vocab;
    if (r.n_samples <= 0 || r.n_samples > 30 * WHISPER_SAMPLE_RATE) throw std::runtime_error("a window holds up to 30 s of audio");
    const int32_t n_languages = vocab.is_multilingual() ? vocab.num_languages() : 1;
    if (r.language >= n_languages) throw std::runtime_error("the model does not know this language");
    if (r.n_prompt + r.n_prefix > model.ctx->model.hparams.n_text_ctx - 24) throw std::runtime_error("too many tokens before the text");
    Job job;
    job.request = r;
    job.pcm.assign(pcm, pcm + r.n_samples);
    for (float & value : job.pcm) value = std::isfinite(value) ? std::max(-1.0f, std::min(1.0f, value)) : 0.0f;
    const auto take = [&](int32_t n, int32_t end) {
        std::vector<int32_t> out(tokens, tokens + n);
        tokens += n;
        for (const int32_t id : out) if (id < 0 || id >= end) throw std::runtime_error("a token or language is out of range");
        return out;
    };
    job.prompt = take(r.n_prompt, vocab.token_eot);
    job.prefix = take(r.n_prefix, vocab.token_eot);
    job.draft = take(r.n_draft, vocab.token_eot);
    job.languages = take(r.n_languages, n_languages);
    job.temperatures.assign(temperatures, temperatures + r.n_temperatures);
    return job;
}

// what: 0 encoder over `size` frames, 1 one decoder step after 20 tokens, 2 features of `size` ms, 3 a batch of `size` tokens.
static double measure(parley_state & state, int what, int size, int threads) {
    auto & ctx = *state.model->ctx;
    auto & st = *state.st;
    state.use_threads(threads);
    if (what == 2) {
        std::vector<float> pcm(size_t(size) * 16);
        for (size_t i = 0; i < pcm.size(); i++) pcm[i] = 0.1f * sinf(float(i * i % 9973));
        const double started = milliseconds();
        compute_mel(pcm, ctx.model.filters, 2 * (size / MS_PER_FRAME + 64), st.mel);
        return milliseconds() - started;
    }
    if (what == 0) {
        st.exp_n_audio_ctx = size >= 1500 ? 0 : size;
        st.mel.n_mel = ctx.model.hparams.n_mels;
        st.mel.n_len = st.mel.n_len_org = 2 * size;
        st.mel.data.assign(size_t(st.mel.n_mel) * st.mel.n_len, 0.1f);
        const double started = milliseconds();
        whisper_encode_internal(ctx, st, 0, threads, nullptr, nullptr);
        return milliseconds() - started;
    }
    auto & decoder = *state.decoder;
    const int n = what == 3 ? size : 20;
    std::vector<Cell> batch;
    for (int i = 0; i < n; i++) batch.push_back({ 300, i, 0 });
    decoder.clear();
    double started = milliseconds();
    decoder.run(batch, { n - 1 }, threads, true);
    if (what == 3) return milliseconds() - started;
    started = milliseconds();
    for (int i = 0; i < size; i++) decoder.run({ { 300, n + i, 0 } }, { 0 }, threads, true);
    return (milliseconds() - started) / size;
}

static std::string system_json() {
    std::string text = "{\"whisper\":\"" WHISPER_VERSION "\",\"variant\":\"" PARLEY_VARIANT "\",\"tinyblas\":";
    text += ggml_cpu_has_llamafile() ? "true" : "false";
#ifdef PARLEY_WITH_OPENMP
    text += ",\"openmp\":true";
#else
    text += ",\"openmp\":false";
#endif
    const std::pair<const char *, int> features[] = {
        { "ssse3", ggml_cpu_has_ssse3() }, { "avx", ggml_cpu_has_avx() }, { "avx2", ggml_cpu_has_avx2() }, { "fma", ggml_cpu_has_fma() },
        { "f16c", ggml_cpu_has_f16c() }, { "avx512", ggml_cpu_has_avx512() }, { "avx512_vnni", ggml_cpu_has_avx512_vnni() },
        { "avx512_bf16", ggml_cpu_has_avx512_bf16() }, { "neon", ggml_cpu_has_neon() }, { "dotprod", ggml_cpu_has_dotprod() },
        { "fp16", ggml_cpu_has_fp16_va() },
    };
    std::string list;
    for (const auto & feature : features) {
        if (feature.second) list += (list.empty() ? "\"" : ",\"") + std::string(feature.first) + "\"";
    }
    text += ",\"features\":[" + list + "],\"backends\":[";
    for (size_t i = 0; i < ggml_backend_reg_count(); i++) {
        text += (i ? ",\"" : "\"") + std::string(ggml_backend_reg_name(ggml_backend_reg_get(i))) + "\"";
    }
    return text + "]}";
}

} // namespace parley
