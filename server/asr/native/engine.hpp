// A loaded model, and states over it that each run one job at a time on a thread of their own.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

struct parley_model {
    whisper_context * ctx;
    parley::Suppressor suppressor;
    parley_model(whisper_context * context) : ctx(context), suppressor(context->vocab) {}
    ~parley_model() { whisper_free(ctx); }
};

namespace parley {

static std::atomic<int> running_jobs{0};

static double cpu_ms(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

// How many frames to encode. Multiples of 64 suit the kernels: the whole window of 1500 is a third slower than 1472.
static int encoder_frames(int heard, int padding, int whole) {
    const int even = whole / 64 * 64;
    const int wanted = padding < 0 ? even : GGML_PAD(heard + padding, 64);
    return std::max(heard, wanted) + 64 > even ? (heard + 64 > even ? whole : even) : wanted;
}

} // namespace parley

struct parley_state {
    parley_model * model;
    whisper_state * st = nullptr;
    std::unique_ptr<parley::TextDecoder> decoder;

    explicit parley_state(parley_model * m) : model(m) {
        // The worst case to reserve memory for has logits for a handful of rows, not for the whole text context (93 MB).
        const std::vector<int32_t> few(64);
        parley::wanted_rows = &few;
        st = whisper_init_state(m->ctx);
        parley::wanted_rows = nullptr;
        if (!st) throw std::runtime_error("not enough memory for a decoder state");
        for (auto * backend : st->backends) {
            if (ggml_backend_is_cpu(backend)) ggml_backend_cpu_set_abort_callback(backend, should_abort, this);
        }
        decoder.reset(new parley::TextDecoder(*m->ctx, *st));
        worker = std::thread([this] { work(); });
    }

    ~parley_state() {
        aborted = true;
        {
            std::lock_guard<std::mutex> lock(mutex);
            closing = true;
        }
        wake.notify_all();
        if (worker.joinable()) worker.join();
        if (st) whisper_free_state(st);
        if (pool) ggml_threadpool_free(pool);
    }

    void start(parley::Job && next) {
        std::lock_guard<std::mutex> lock(mutex);
        if (phase == PARLEY_RUNNING) throw std::runtime_error("a job is running on this state");
        job = std::move(next);
        outcome = {};
        error.clear();
        aborted = false;
        phase = PARLEY_RUNNING;
        wake.notify_one();
    }

    // ggml's threads live as long as the state: creating them for every token would cost more than the token.
    void use_threads(int n) {
        if (n <= 1 || n <= pool_size) return;
        auto * old = pool;
        ggml_threadpool_params params = ggml_threadpool_params_default(n);
        params.poll = 0; // sleep between graphs
        pool = ggml_threadpool_new(&params);
        pool_size = n;
        for (auto * backend : st->backends) {
            if (ggml_backend_is_cpu(backend)) ggml_backend_cpu_set_threadpool(backend, pool);
        }
        if (old) ggml_threadpool_free(old);
    }

    std::atomic<int> phase{PARLEY_IDLE};
    std::atomic<bool> aborted{false};
    parley::Outcome outcome;
    std::string error;

  private:
    std::thread worker;
    std::mutex mutex;
    std::condition_variable wake;
    bool closing = false;
    parley::Job job;
    parley::Attention attention;
    ggml_threadpool_t pool = nullptr;
    int pool_size = 1;

    static bool should_abort(void * data) { return static_cast<parley_state *>(data)->aborted.load(std::memory_order_relaxed); }

    void work() {
        while (true) {
            {
                std::unique_lock<std::mutex> lock(mutex);
                wake.wait(lock, [this] { return closing || phase == PARLEY_RUNNING; });
                if (closing) return;
            }
            int ended = PARLEY_DONE;
            try {
                run();
            } catch (const parley::Aborted &) {
                ended = aborted ? PARLEY_ABORTED : PARLEY_FAILED;
                error = "the computation could not be carried out";
            } catch (const std::exception & e) {
                ended = PARLEY_FAILED;
                error = e.what();
            }
            phase = ended;
        }
    }

    void run() {
        using namespace parley;
        auto & ctx = *model->ctx;
        auto & result = outcome.result;
        const auto & request = job.request;
        const int others = running_jobs.fetch_add(1);
        const clockid_t clock = others == 0 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID;
        struct Leave { ~Leave() { running_jobs--; } } leave;
        const double cpu_started = cpu_ms(clock);
        const int threads = std::max(1, request.threads);
        use_threads(threads);

        double started = milliseconds();
        const int n_content = (int(job.pcm.size()) + SAMPLES_PER_FRAME - 1) / SAMPLES_PER_FRAME;
        const double seconds = double(job.pcm.size()) / WHISPER_SAMPLE_RATE;
        if (int(job.pcm.size()) < SHORTEST_WINDOW) job.pcm.resize(SHORTEST_WINDOW, 0.0f);
        const int whole = ctx.model.hparams.n_audio_ctx;
        const int frames = (int(job.pcm.size()) + SAMPLES_PER_FRAME - 1) / SAMPLES_PER_FRAME;
        const int n_ctx = encoder_frames(frames, request.padding, whole);
        result.audio_ctx = n_ctx;
        st->exp_n_audio_ctx = n_ctx == whole ? 0 : n_ctx;
        compute_mel(job.pcm, ctx.model.filters, 2 * n_ctx, st->mel);
        result.mel_ms = float(milliseconds() - started);

        started = milliseconds();
        if (!whisper_encode_internal(ctx, *st, 0, threads, nullptr, nullptr)) throw Aborted{};
        result.encode_ms = float(milliseconds() - started);

        attention.reset();
        Search search{ *decoder, model->suppressor, job, attention, aborted };
        search.threads = threads;
        search.seconds = seconds;
        search.check();
        started = milliseconds();
        result.language = request.language;
        result.language_probability = 1;
        if (ctx.vocab.is_multilingual() && request.language < 0) detect_language(search, outcome);
        build_head(search, result.language);
        result.prompt_ms = float(milliseconds() - started);
        const int room = ctx.model.hparams.n_text_ctx - int(search.head.size()) - 2;
        search.limit = std::max(0, std::min(room, 12 + int(9 * seconds)));
        if (int(job.draft.size()) > search.limit) job.draft.resize(search.limit);

        result.stop = request.kind == PARLEY_REFINE ? careful_search(search, outcome) : greedy_search(search, outcome);
        if (!set_times(search, outcome.words, n_content)) result.stop = PARLEY_STOP_REWIND;
        straighten(outcome.words);
        double sum = 0;
        for (const auto & word : outcome.words) sum += std::log(std::max(word.probability, 1e-10f));
        result.average_log_probability = outcome.words.empty() ? 0 : float(sum / double(outcome.words.size()));
        result.n_tokens = int(outcome.words.size());
        const double cpu = cpu_ms(clock) - cpu_started;
        result.cpu_ms = float(others == 0 ? cpu : cpu * threads);
    }
};
