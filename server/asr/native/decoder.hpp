// One evaluation of whisper's text decoder: tokens in, logits of chosen rows and cross-attention out.
#pragma once

namespace parley {

// Rows of the current batch whose logits are wanted; read by the patched graph builder. The vocabulary projection is
// half the work of a small batch, so prompt rows must not pay for it.
static thread_local const std::vector<int32_t> * wanted_rows = nullptr;

struct Cell { int32_t token, position, sequence; };

// Raised inside a job when parley_abort was called, or when a graph could not be computed.
struct Aborted {};

class TextDecoder {
  public:
    TextDecoder(whisper_context & context, whisper_state & state) : ctx(context), st(state) {}

    int n_vocab() const { return ctx.model.hparams.n_vocab; }
    // Forgets every cell. The values stay, unreachable: a cell is read again only after it has been written again.
    void clear() {
        for (auto & cell : st.kv_self.cells) {
            cell.pos = -1;
            cell.seq_id.clear();
        }
        st.kv_self.head = 0;
    }
    void forget_from(int sequence, int position) { whisper_kv_cache_seq_rm(st.kv_self, sequence, position, -1); }

    // Room for several sequences at once (beams); grows the state's cache the first time it is asked for.
    void reserve_cells(int n_cells) {
        if (int(st.kv_self.size) >= n_cells) return;
        whisper_kv_cache_free(st.kv_self);
        const auto & h = ctx.model.hparams;
        if (!whisper_kv_cache_init(st.kv_self, st.backends[0], ctx.itype, h.n_text_state, h.n_text_layer, n_cells)) {
            throw std::runtime_error("not enough memory for beam search");
        }
    }

    // Evaluates the batch; afterwards row(i) holds the logits of batch row rows[i].
    void run(const std::vector<Cell> & batch, const std::vector<int32_t> & rows, int n_threads, bool attention) {
        fill(batch);
        auto & cache = st.kv_self;
        if (!whisper_kv_cache_find_slot(cache, st.batch)) throw std::runtime_error("text context is full");
        const uint32_t step = whisper_kv_cache_get_padding(ctx);
        cache.n = std::min<uint32_t>(cache.size, std::max<uint32_t>(step, GGML_PAD(whisper_kv_cache_cell_max(cache), step)));

        wanted_rows = &rows;
        ggml_cgraph * graph = whisper_build_graph_decoder(ctx, st, st.batch, attention, false);
        wanted_rows = nullptr;
        auto * sched = st.sched_decode.sched;
        if (!ggml_backend_sched_alloc_graph(sched, graph)) throw std::runtime_error("not enough memory for the text decoder");
        set_inputs(graph, batch, rows);
        ggml_tensor * logits = ggml_graph_node(graph, -1);
        if (!ggml_graph_compute_helper(sched, graph, n_threads)) throw Aborted{};

        const size_t width = size_t(n_vocab());
        values.resize(width * size_t(logits->ne[1]));
        ggml_backend_tensor_get(logits, values.data(), 0, values.size() * sizeof(float));
    }

    const float * row(int i) const { return values.data() + size_t(i) * n_vocab(); }

    whisper_context & ctx;
    whisper_state & st;

  private:
    std::vector<float> values;

    void fill(const std::vector<Cell> & batch) {
        auto & b = st.batch;
        b.n_tokens = int(batch.size());
        for (int i = 0; i < b.n_tokens; i++) {
            b.token[i] = batch[i].token;
            b.pos[i] = batch[i].position;
            b.n_seq_id[i] = 1;
            b.seq_id[i][0] = batch[i].sequence;
            b.logits[i] = 1;
        }
    }

    void set_inputs(ggml_cgraph * graph, const std::vector<Cell> & batch, const std::vector<int32_t> & rows) {
        const int n = int(batch.size()), n_kv = int(st.kv_self.n);
        ggml_backend_tensor_set(ggml_graph_get_tensor(graph, "embd"), st.batch.token, 0, n * sizeof(int32_t));
        ggml_backend_tensor_set(ggml_graph_get_tensor(graph, "position"), st.batch.pos, 0, n * sizeof(int32_t));
        if (ggml_tensor * selected = ggml_graph_get_tensor(graph, "parley_rows")) {
            ggml_backend_tensor_set(selected, rows.data(), 0, rows.size() * sizeof(int32_t));
        }
        // Each row sees the cells of its own sequence up to its own position.
        auto & mask = st.inp_mask;
        mask.assign(size_t(n) * n_kv, 0.0f);
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n_kv; i++) {
                const auto & cell = st.kv_self.cells[i];
                if (cell.pos > batch[j].position || !cell.has_seq_id(batch[j].sequence)) mask[size_t(j) * n_kv + i] = -INFINITY;
            }
        }
        ggml_backend_tensor_set(ggml_graph_get_tensor(graph, "KQ_mask"), mask.data(), 0, mask.size() * sizeof(float));
    }
};

} // namespace parley

static ggml_tensor * parley_select_rows(ggml_context * ctx, ggml_tensor * hidden) {
    const auto * rows = parley::wanted_rows;
    if (!rows || int64_t(rows->size()) >= hidden->ne[1]) return hidden;
    ggml_tensor * index = ggml_new_tensor_1d(ctx, GGML_TYPE_I32, int64_t(rows->size()));
    ggml_set_name(index, "parley_rows");
    ggml_set_input(index);
    return ggml_get_rows(ctx, hidden, index);
}
