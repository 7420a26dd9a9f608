/* Flat C functions over whisper.cpp for Parley's workers. All times are milliseconds, audio is mono 16 kHz float.
 *
 * Threads: every function may be called from any thread, but one state, one model or one voice detector must not be
 * used by two callers at once. Decoding runs on a thread the state owns; no function blocks longer than a copy takes,
 * except the ones that open and close things and parley_voice_detect (about 0.1 ms per chunk).
 */
#ifndef PARLEY_H
#define PARLEY_H

#include <stdint.h>

#define PARLEY_API __attribute__((visibility("default")))
/* Raised whenever a struct or a function below changes its shape. */
#define PARLEY_ABI 3

#ifdef __cplusplus
extern "C" {
#endif

typedef struct parley_model parley_model;
typedef struct parley_state parley_state;
typedef struct parley_voice parley_voice;

enum parley_kind { PARLEY_FINAL = 0, PARLEY_DRAFT = 1, PARLEY_REFINE = 2 };
enum parley_stop { PARLEY_STOP_END = 0, PARLEY_STOP_LIMIT = 1, PARLEY_STOP_LOOP = 2, PARLEY_STOP_REWIND = 3 };
enum parley_phase { PARLEY_IDLE = 0, PARLEY_RUNNING = 1, PARLEY_DONE = 2, PARLEY_FAILED = 3, PARLEY_ABORTED = 4 };

/* What to decode. The counts say how `tokens` of parley_start is divided, in this order. */
typedef struct parley_request {
    int32_t kind;
    int32_t language;     /* whisper's language number, or -1: detect */
    int32_t translate;    /* 1 = to English */
    int32_t padding;      /* silence frames (20 ms) after the audio; -1 = the full 30 s */
    int32_t beam;         /* refine only; 1 = greedy */
    int32_t threads;
    int32_t n_samples;
    int32_t n_prompt;     /* earlier text: previous-text prompt */
    int32_t n_prefix;     /* tokens of this window that stay as they are */
    int32_t n_draft;      /* guess for what follows, verified in one batch */
    int32_t n_languages;  /* detect only among these numbers; 0 = all */
    int32_t n_temperatures;
} parley_request;

typedef struct parley_token {
    int32_t id;
    int32_t start;        /* where attention peaks in the row that emits the token */
    int32_t end;          /* where it peaks once the token has been read back in, about where the next one begins */
    float   probability;
} parley_token;

typedef struct parley_result {
    int32_t n_tokens;
    int32_t language;
    int32_t stop;
    float   language_probability;
    float   no_speech_probability;
    float   average_log_probability;
    float   mel_ms, encode_ms, prompt_ms, decode_ms, cpu_ms;
    float   temperature;  /* the one whose result was kept */
    int32_t draft_accepted;
    int32_t audio_ctx;
} parley_result;

typedef struct parley_model_info {
    int32_t n_vocab, n_languages, multilingual, n_audio_layer, n_text_layer, n_text_ctx, n_audio_ctx, on_gpu;
    int32_t first_special; /* ids from here on are not text */
} parley_model_info;

PARLEY_API int32_t parley_abi(void);
/* One JSON object: versions, variant, instruction sets compiled in, backends. */
PARLEY_API const char * parley_system(void);
/* 0 silent, 1 errors, 2 warnings, 3 everything; to standard error. Never contains text or tokens of speech. */
PARLEY_API void parley_set_log_level(int32_t level);

/* NULL on failure, with a sentence in `error`. */
PARLEY_API parley_model * parley_model_open(const char * path, int32_t gpu, char * error, int32_t error_size);
PARLEY_API void parley_model_close(parley_model * model);
PARLEY_API void parley_model_describe(const parley_model * model, parley_model_info * info);
/* Bytes of a token (not terminated); returns how many there are, or -1 for an unknown id. */
PARLEY_API int32_t parley_token_bytes(const parley_model * model, int32_t id, uint8_t * bytes, int32_t size);
/* Returns the number of tokens of a UTF-8 text; writes at most `size` of them. */
PARLEY_API int32_t parley_tokenize(const parley_model * model, const uint8_t * text, int32_t length, int32_t * ids, int32_t size);
/* ISO 639-1 code of a language number (terminated); -1 when there is none. */
PARLEY_API int32_t parley_language_code(int32_t language, char * code, int32_t size);

PARLEY_API parley_state * parley_state_open(parley_model * model, char * error, int32_t error_size);
/* Aborts a running job and waits for it. */
PARLEY_API void parley_state_close(parley_state * state);

/* Copies everything it needs and starts the job; returns 0, or -1 with a sentence in `error`. */
PARLEY_API int32_t parley_start(parley_state * state, const parley_request * request, const float * pcm,
                                const int32_t * tokens, const float * temperatures, char * error, int32_t error_size);
/* One of parley_phase. */
PARLEY_API int32_t parley_poll(parley_state * state);
/* Asks the running job to stop: within one graph node, so milliseconds. */
PARLEY_API void parley_abort(parley_state * state);
/* After DONE: fills `result` and at most `size` tokens. After FAILED: the reason in `error`. Returns the phase and makes the state idle. */
PARLEY_API int32_t parley_collect(parley_state * state, parley_result * result, parley_token * tokens, int32_t size,
                                  char * error, int32_t error_size);

/* Time of one encoder pass in ms over `audio_ctx` frames of noise, for calibration and benchmarks. Blocks. */
PARLEY_API double parley_measure(parley_state * state, int32_t what, int32_t size, int32_t threads);

/* Silero voice activity: one per audio stream, 512 samples (32 ms) per probability. */
PARLEY_API parley_voice * parley_voice_open(const char * path, char * error, int32_t error_size);
/* `n_samples` must be a multiple of 512; returns the number of probabilities written, or -1. */
PARLEY_API int32_t parley_voice_detect(parley_voice * voice, const float * pcm, int32_t n_samples, float * probabilities);
PARLEY_API void parley_voice_reset(parley_voice * voice);
PARLEY_API void parley_voice_close(parley_voice * voice);

#ifdef __cplusplus
}
#endif
#endif
