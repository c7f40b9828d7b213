"""My voice: learn it from a neutral sample, see that it is known, keep it, forget it."""

from __future__ import annotations

import streamlit as st

from page.choices import forget, switch
from page.kept import answering, can_learn_voices, models
from page.visitor import told
from ser import ProfileError, SerError, VoiceProfile
from ser.audio import SAMPLE_RATE

SPEAK, UPLOAD, PROFILE = "Record", "Upload a recording", "Load a saved profile"
PROFILE_KEY, IN_USE = "voice_profile", "use_voice_profile"
UNFIT_KEY = "voice_did_not_fit"


def show_my_voice(formats: list[str]) -> VoiceProfile | None:
    """Offer to learn the voice, and give the profile that answers shall use, if any."""
    profile: VoiceProfile | None = st.session_state.get(PROFILE_KEY)
    if st.session_state.pop(UNFIT_KEY, False):
        again = "Learn it anew under My voice." if can_learn_voices() else "These cannot learn one."
        st.info(
            f"Your voice was learnt with other models than answer now, so it was forgotten. {again}"
        )
    if not can_learn_voices():
        return None
    title = "My voice" if profile is None else "My voice is known"
    with st.expander(title, type="compact", key="my-voice"):
        if profile is None:
            offer_to_learn(formats)
            return None
        return show_known(profile)


def show_known(profile: VoiceProfile) -> VoiceProfile | None:
    """Say that a voice is known, and offer to keep or to forget it."""
    st.success(f"Your voice is known, from {profile.seconds:.0f} s of speech.")
    in_use = switch(
        IN_USE, "Use it for the answers", first=True, help="Off when somebody else speaks."
    )
    keep, drop = st.columns(2)
    keep.download_button(
        "Save my profile",
        profile.to_json(),
        "my-voice.json",
        "application/json",
        on_click="ignore",
        width="stretch",
    )
    drop.button("Forget my voice", key="forget", on_click=forget_voice, width="stretch")
    return profile if in_use else None


def forget_voice(*, unfit: bool = False) -> None:
    """Drop the profile; nothing of it stays here. Where it did not fit the models, say so."""
    st.session_state.pop(PROFILE_KEY, None)
    forget(IN_USE)  # the next voice is used at once
    if unfit:
        st.session_state[UNFIT_KEY] = True


def forget_unfit_voice() -> None:
    """Drop a profile that the models which answer now refuse; the page will say so."""
    profile: VoiceProfile | None = st.session_state.get(PROFILE_KEY)
    if profile is None:
        return
    try:
        try_out(profile)
    except ProfileError:
        forget_voice(unfit=True)
    except SerError:
        pass  # models that cannot be used are told where they should answer


def offer_to_learn(formats: list[str]) -> None:
    """Take a neutral sample, or a profile from an earlier visit."""
    st.write(
        "Every voice has a sound of its own, which can be mistaken for a mood. Speak about ten "
        "seconds as you always do, without much emotion, and answers will allow for your voice. "
        "What is learnt is a list of numbers; they are forgotten when you close this page, unless "
        "you save them."
    )
    way = st.segmented_control(
        "Learn it from",
        [SPEAK, UPLOAD, PROFILE],
        default=SPEAK,
        required=True,
        key="learn-from",
    )
    if way == SPEAK:
        sample = st.audio_input(
            "Read anything aloud, in your everyday voice", sample_rate=SAMPLE_RATE, key="neutral"
        )
    elif way == UPLOAD:
        sample = st.file_uploader(
            "About ten seconds of your everyday voice", type=formats, key="neutral-file"
        )
    else:
        sample = st.file_uploader("my-voice.json", type=["json"], key="profile-file")
    if sample and st.button(
        "Use this profile" if way == PROFILE else "Learn my voice", key="learn"
    ):
        learn(sample.getvalue(), is_profile=way == PROFILE)


def learn(content: bytes, *, is_profile: bool) -> None:
    """Make a profile, or read one; what cannot be used gets its sentence."""
    try:
        with st.spinner("Getting to know your voice …"):
            profile = load_profile(content) if is_profile else models().enrol(content)
    except SerError as error:
        st.error(told(error, answering().root))
        return
    st.session_state[PROFILE_KEY] = profile
    st.rerun()


def load_profile(content: bytes) -> VoiceProfile:
    """Read a profile and let the models try it: one made for others is refused here."""
    profile = VoiceProfile.from_json(content)
    try_out(profile)
    return profile


def try_out(profile: VoiceProfile) -> None:
    """Let the models answer with a profile; they raise what is wrong with it."""
    from ser.synthesis import sample_voice

    for model in models().models:
        models().predict((sample_voice(), SAMPLE_RATE), model=model, profile=profile)
