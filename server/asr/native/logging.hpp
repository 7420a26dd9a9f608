// What whisper.cpp and ggml say: the last error is kept for the caller, the rest goes to standard error when asked for.
#pragma once

namespace parley {

static std::atomic<int> log_level{0};
static thread_local std::string last_error;

static void log_line(ggml_log_level level, const char * text, void *) {
    const int rank = level == GGML_LOG_LEVEL_ERROR ? 1 : level == GGML_LOG_LEVEL_WARN ? 2 : 3;
    if (rank == 1) {
        last_error = text;
        while (!last_error.empty() && last_error.back() == '\n') last_error.pop_back();
    }
    if (rank <= log_level) fputs(text, stderr);
}

static void install_log() {
    static const bool once = (whisper_log_set(log_line, nullptr), ggml_log_set(log_line, nullptr), true);
    (void) once;
    last_error.clear();
}

// `head`, and what upstream said about it.
static std::runtime_error explained(const std::string & head) {
    return std::runtime_error(last_error.empty() ? head : head + " (" + last_error + ")");
}

} // namespace parley
