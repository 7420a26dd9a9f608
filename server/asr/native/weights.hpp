// Weights of the large matrix products in the form this CPU multiplies fastest.
//
// The encoder multiplies each weight with hundreds of frames, so its speed is the kernel's; the decoder reads each weight
// once per token, so its speed is the memory's. A q8_0 model is therefore best kept as it is for the decoder and widened
// for the encoder where the CPU multiplies 16-bit numbers faster than it unpacks 8-bit ones.
#pragma once

namespace parley {

class WideWeights {
  public:
    ~WideWeights() {
        if (buffer) ggml_backend_buffer_free(buffer);
        if (holder) ggml_free(holder);
    }

    // Replaces the encoder's matrices, and the decoder's that read the encoder's output, by copies of type `type`.
    void widen(whisper_model & model, ggml_type type) {
        std::vector<ggml_tensor **> slots;
        for (auto & layer : model.layers_encoder) {
            for (auto ** slot : { &layer.attn_q_w, &layer.attn_k_w, &layer.attn_v_w, &layer.attn_ln_1_w, &layer.mlp_0_w, &layer.mlp_1_w }) {
                slots.push_back(slot);
            }
        }
        for (auto & layer : model.layers_decoder) {
            slots.push_back(&layer.cross_attn_k_w);
            slots.push_back(&layer.cross_attn_v_w);
        }
        ggml_init_params params = { slots.size() * ggml_tensor_overhead(), nullptr, true };
        holder = ggml_init(params);
        std::vector<ggml_tensor *> copies;
        for (auto ** slot : slots) copies.push_back(ggml_new_tensor_2d(holder, type, (*slot)->ne[0], (*slot)->ne[1]));
        buffer = ggml_backend_alloc_ctx_tensors_from_buft(holder, ggml_backend_cpu_buffer_type());
        if (!buffer) throw std::runtime_error("not enough memory for the encoder's weights");
        ggml_backend_buffer_set_usage(buffer, GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
        std::vector<float> row;
        for (size_t i = 0; i < slots.size(); i++) {
            const ggml_tensor * from = *slots[i];
            row.resize(size_t(from->ne[0]));
            for (int64_t r = 0; r < from->ne[1]; r++) {
                const char * source = static_cast<const char *>(from->data) + r * from->nb[1];
                ggml_get_type_traits(from->type)->to_float(source, row.data(), from->ne[0]);
                ggml_quantize_chunk(type, row.data(), static_cast<char *>(copies[i]->data) + r * copies[i]->nb[1], 0, 1, from->ne[0], nullptr);
            }
            *slots[i] = copies[i];
        }
    }

  private:
    ggml_context * holder = nullptr;
    ggml_backend_buffer_t buffer = nullptr;
};

} // namespace parley
