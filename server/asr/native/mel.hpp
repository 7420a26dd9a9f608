// Log-mel features of a window, computed once per job: the same definition as whisper's, several times faster.
//
// A frame is 400 samples under a periodic Hann window, every 160 samples. Its Fourier transform is taken as four small
// matrix products over sixteen frames at a time: folding the frame around its middle splits it into an even part (cosines)
// and an odd part (sines), and folding the spectrum around its middle (bin k and bin 200 - k) splits each again by the
// parity of the sample number. That is an eighth of the multiplications, and the frame dimension fills the vector registers.
#pragma once

namespace parley {

constexpr int MEL_HOP = 160, MEL_WINDOW = 400, MEL_HALF = 200, MEL_QUARTER = 100, MEL_LANES = 16;
typedef float lanes __attribute__((vector_size(MEL_LANES * sizeof(float)), aligned(4)));

struct MelTables {
    float hann[MEL_WINDOW];
    // [bin 0..100][pair]: cosines and sines at even and odd sample numbers.
    float cos_even[MEL_QUARTER + 1][MEL_QUARTER + 1], cos_odd[MEL_QUARTER + 1][MEL_QUARTER];
    float sin_even[MEL_QUARTER + 1][MEL_QUARTER + 1], sin_odd[MEL_QUARTER + 1][MEL_QUARTER];

    MelTables() {
        const double turn = 2 * M_PI / MEL_WINDOW;
        for (int n = 0; n < MEL_WINDOW; n++) hann[n] = 0.5 * (1 - cos(turn * n));
        for (int k = 0; k <= MEL_QUARTER; k++) {
            for (int i = 0; i <= MEL_QUARTER; i++) {
                cos_even[k][i] = cos(turn * k * (2 * i));
                sin_even[k][i] = sin(turn * k * (2 * i));
                if (i == MEL_QUARTER) continue;
                cos_odd[k][i] = cos(turn * k * (2 * i + 1));
                sin_odd[k][i] = sin(turn * k * (2 * i + 1));
            }
        }
    }
};

static const MelTables & mel_tables() {
    static const MelTables tables;
    return tables;
}

// Power spectrum of sixteen frames: `folded[0..200]` even parts, `folded[201..401]` odd parts; writes bins 0..200.
static void mel_power(const lanes * folded, lanes * power) {
    const auto & t = mel_tables();
    const lanes * even = folded, * odd = folded + MEL_HALF + 1;
    for (int k = 0; k <= MEL_QUARTER; k++) {
        lanes ce = {}, co = {}, se = {}, so = {};
        for (int i = 0; i < MEL_QUARTER; i++) {
            ce += even[2 * i] * t.cos_even[k][i];
            co += even[2 * i + 1] * t.cos_odd[k][i];
            se += odd[2 * i] * t.sin_even[k][i];
            so += odd[2 * i + 1] * t.sin_odd[k][i];
        }
        ce += even[MEL_HALF] * t.cos_even[k][MEL_QUARTER];
        power[k] = (ce + co) * (ce + co) + (se + so) * (se + so);
        power[MEL_HALF - k] = (ce - co) * (ce - co) + (so - se) * (so - se);
    }
}

// Fills `mel` with `n_frames` frames (10 ms each); frames past the audio are silence.
static void compute_mel(const std::vector<float> & pcm, const whisper_filters & filters, int n_frames, whisper_mel & mel) {
    const auto & t = mel_tables();
    const int n_samples = int(pcm.size()), n_mel = filters.n_mel, n_bins = filters.n_fft;
    mel.n_mel = n_mel;
    mel.n_len = mel.n_len_org = n_frames;
    mel.data.assign(size_t(n_mel) * n_frames, -10.0f);

    std::vector<std::pair<int, int>> spans(n_mel); // the few bins under each triangular filter
    for (int m = 0; m < n_mel; m++) {
        const float * row = filters.data.data() + size_t(m) * n_bins;
        int first = 0, last = n_bins;
        while (first < n_bins && row[first] == 0) first++;
        while (last > first && row[last - 1] == 0) last--;
        spans[m] = { first, last };
    }

    // Sample `at` of the window, reflected before its beginning and silent after its end.
    const auto sample = [&](int at) { return at < 0 ? (-at < n_samples ? pcm[-at] : 0.0f) : (at < n_samples ? pcm[at] : 0.0f); };
    const int n_heard = std::min(n_frames, (n_samples + MEL_HALF) / MEL_HOP + 1);
    std::vector<lanes> folded(2 * (MEL_HALF + 1)), power(MEL_HALF + 1);
    for (int block = 0; block < n_heard; block += MEL_LANES) {
        const int width = std::min(MEL_LANES, n_heard - block);
        std::fill(folded.begin(), folded.end(), lanes{});
        for (int f = 0; f < width; f++) {
            const int begin = (block + f) * MEL_HOP - MEL_HALF;
            for (int n = 1; n < MEL_HALF; n++) {
                const float a = t.hann[n] * sample(begin + n), b = t.hann[n] * sample(begin + MEL_WINDOW - n);
                folded[n][f] = a + b;
                folded[MEL_HALF + 1 + n][f] = a - b;
            }
            folded[MEL_HALF][f] = t.hann[MEL_HALF] * sample(begin + MEL_HALF);
        }
        mel_power(folded.data(), power.data());
        for (int m = 0; m < n_mel; m++) {
            const float * row = filters.data.data() + size_t(m) * n_bins;
            lanes sum = {};
            for (int k = spans[m].first; k < spans[m].second; k++) sum += power[k] * row[k];
            for (int f = 0; f < width; f++) mel.data[size_t(m) * n_frames + block + f] = log10f(std::max(sum[f], 1e-10f));
        }
    }

    // Dynamic range of eight powers of ten below the loudest, then about -1…1.
    const float floor = *std::max_element(mel.data.begin(), mel.data.end()) - 8.0f;
    for (float & value : mel.data) value = (std::max(value, floor) + 4.0f) / 4.0f;
}

} // namespace parley
