// Silero's voice activity network over whisper.cpp's tensors, fed as its authors feed it.
//
// The network expects 64 samples of the past before each 512 new ones. whisper.cpp mirrors the chunk's own beginning
// instead; here the graph begins with the real past, and only the end is mirrored (64 samples), as in the original model.
#pragma once

struct VoiceNetwork {
    whisper_vad_context * ctx = nullptr;
    ggml_tensor * frame = nullptr, * probability = nullptr;
    std::mutex mutex;

    static constexpr int CHUNK = 512, PAST = 64, MIRROR = 64, INPUT = PAST + CHUNK + MIRROR;

    explicit VoiceNetwork(whisper_vad_context * context) : ctx(context) {}
    ~VoiceNetwork() { whisper_vad_free(ctx); }

    ggml_cgraph * build() {
        const auto & model = ctx->model;
        ggml_init_params params = { ctx->sched.meta.size(), ctx->sched.meta.data(), true };
        ggml_context * g = ggml_init(params);
        ggml_cgraph * graph = ggml_new_graph(g);
        frame = ggml_new_tensor_2d(g, GGML_TYPE_F32, INPUT, 1);
        ggml_set_input(frame);
        ggml_tensor * stft = ggml_conv_1d(g, model.stft_forward_basis, frame, model.hparams.lstm_input_size, 0, 1);
        const int bins = int(model.stft_forward_basis->ne[2] / 2);
        ggml_tensor * re = ggml_view_2d(g, stft, stft->ne[0], bins, stft->nb[1], 0);
        ggml_tensor * im = ggml_view_2d(g, stft, stft->ne[0], bins, stft->nb[1], bins * stft->nb[1]);
        ggml_tensor * cur = ggml_sqrt(g, ggml_add(g, ggml_mul(g, re, re), ggml_mul(g, im, im)));
        cur = whisper_vad_build_encoder_layer(g, model, cur);
        cur = ggml_view_2d(g, cur, 1, 128, cur->nb[1], 0);
        cur = ggml_relu(g, whisper_vad_build_lstm_layer(g, *ctx, cur, graph));
        cur = ggml_add(g, ggml_conv_1d(g, model.final_conv_weight, cur, 1, 0, 1), model.final_conv_bias);
        probability = ggml_sigmoid(g, cur);
        ggml_set_output(probability);
        ggml_build_forward_expand(graph, probability);
        ggml_free(g);
        return graph;
    }
};

// Streams share the weights; what belongs to one stream is its recurrent memory and its last 64 samples.
struct parley_voice {
    std::shared_ptr<VoiceNetwork> network;
    std::vector<float> hidden, cell;
    float past[VoiceNetwork::PAST];

    explicit parley_voice(std::shared_ptr<VoiceNetwork> shared) : network(std::move(shared)) {
        const size_t n = size_t(ggml_nelements(network->ctx->h_state));
        hidden.resize(n);
        cell.resize(n);
        reset();
    }

    void reset() {
        std::fill(hidden.begin(), hidden.end(), 0.0f);
        std::fill(cell.begin(), cell.end(), 0.0f);
        std::fill(past, past + VoiceNetwork::PAST, 0.0f);
    }

    bool detect(const float * pcm, int n_chunks, float * probabilities) {
        constexpr int CHUNK = VoiceNetwork::CHUNK, PAST = VoiceNetwork::PAST, MIRROR = VoiceNetwork::MIRROR;
        std::lock_guard<std::mutex> lock(network->mutex);
        auto * sched = network->ctx->sched.sched;
        ggml_cgraph * graph = network->build();
        if (!ggml_backend_sched_alloc_graph(sched, graph)) return false;
        ggml_backend_tensor_set(network->ctx->h_state, hidden.data(), 0, hidden.size() * sizeof(float));
        ggml_backend_tensor_set(network->ctx->c_state, cell.data(), 0, cell.size() * sizeof(float));
        bool ok = true;
        for (int i = 0; i < n_chunks && ok; i++) {
            float input[VoiceNetwork::INPUT];
            std::copy(past, past + PAST, input);
            for (int n = 0; n < CHUNK; n++) {
                const float value = pcm[size_t(i) * CHUNK + n];
                input[PAST + n] = std::isfinite(value) ? std::max(-1.0f, std::min(1.0f, value)) : 0.0f;
            }
            for (int n = 0; n < MIRROR; n++) input[PAST + CHUNK + n] = input[PAST + CHUNK - 2 - n];
            std::copy(input + CHUNK, input + CHUNK + PAST, past);
            ggml_backend_tensor_set(network->frame, input, 0, sizeof(input));
            ok = ggml_graph_compute_helper(sched, graph, 1, false);
            if (ok) ggml_backend_tensor_get(network->probability, probabilities + i, 0, sizeof(float));
        }
        ggml_backend_tensor_get(network->ctx->h_state, hidden.data(), 0, hidden.size() * sizeof(float));
        ggml_backend_tensor_get(network->ctx->c_state, cell.data(), 0, cell.size() * sizeof(float));
        ggml_backend_sched_reset(sched);
        return ok;
    }
};
