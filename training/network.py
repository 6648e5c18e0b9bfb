"""The parts of the bundled text-to-image model: text encoder, denoiser, autoencoder, noise schedule."""

from __future__ import annotations

import torch
from diffusers import AutoencoderTiny, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from training.latents import CHANNELS, PATCH, Projection

TEXT_WIDTH = 128
GRID = 24
"""Rows and columns of the latents of a 96x96 image."""
LATENT_RANGE = 3.0
"""Latents are divided by this for the autoencoder, whose decoder squeezes its input by 3 tanh(x / 3)."""


def denoiser(channels: tuple[int, int, int] = (48, 128, 192)) -> UNet2DConditionModel:
    """The UNet: convolutions at 24x24, self attention at 6x6, one layer of cross and self attention at 12x12.

    The caption as a whole also joins the time embedding (as in DeepFloyd IF), so that cross attention need not spread
    it over all places before a layout exists; on the way up it can say which word is drawn where. It stands after
    the last self attention: in a layer before one, a noun's token was attended to from everywhere but where it was
    drawn, and self attention spread the information from there. The numbers of `attention_head_dim` are, in this
    order, a head's width at 6x6 on the way up, the count of heads of cross attention, and a head's width at 6x6 on
    the way down.
    """
    return UNet2DConditionModel(
        sample_size=GRID,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        block_out_channels=channels,
        down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
        mid_block_type="UNetMidBlock2D",
        up_block_types=("AttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=(1, 1, 2),
        transformer_layers_per_block=1,
        reverse_transformer_layers_per_block=(1, (0, 1), 1),
        time_embedding_dim=2 * channels[-1],
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=(32, 4, 32),
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
        norm_num_groups=8,
        use_linear_projection=True,
    )


def text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """A CLIP text encoder of three layers whose token embeddings start wide, so that words differ at once."""
    model = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            intermediate_size=3 * TEXT_WIDTH,
            projection_dim=TEXT_WIDTH,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=tokenizer.model_max_length,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.5 if module.num_embeddings == len(tokenizer) else 0.1)
    return model


def scheduler() -> DDIMScheduler:
    """Cosine noise up to pure noise (zero terminal signal, Lin et al. 2023, arXiv 2305.08891), v-prediction.

    Stable Diffusion's scaled-linear noise is made for latents of 64x64: on 24x24 it hides everything in the noisier
    half of the times (Nichol & Dhariwal 2021, arXiv 2102.09672, for small images).
    """
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
    )


def autoencoder(projection: Projection) -> AutoencoderTiny:
    """An autoencoder whose encoder is `projection` exactly and whose decoder is untrained.

    The encoder's four convolutions: the first copies, two with stride 2 gather the 4x4 patch and project it, the last
    adds the offset. Without residual blocks nothing in between is nonlinear.
    """
    width = 32
    model = AutoencoderTiny(
        latent_channels=CHANNELS,
        encoder_block_out_channels=(width,) * 3,
        decoder_block_out_channels=(width,) * 3,
        num_encoder_blocks=(0, 0, 0),
        num_decoder_blocks=(2, 2, 1),
        scaling_factor=LATENT_RANGE,
    )
    copy, gather, project, offset = model.encoder.layers
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter.zero_()
        # the encoder sees pixels in [0, 1], the projection was fitted in [-1, 1]
        weights = torch.from_numpy(projection.basis * projection.scale / LATENT_RANGE)
        corners = weights.reshape(PATCH // 2, 2, PATCH // 2, 2, 3, CHANNELS)
        for colour in range(3):
            copy.weight[colour, colour, 1, 1] = 1
            for row, column in ((row, column) for row in range(2) for column in range(2)):
                slot = (2 * row + column) * 3 + colour
                gather.weight[slot, colour, 1 + row, 1 + column] = 1
                project.weight[:CHANNELS, slot, 1:, 1:] = 2 * corners[:, row, :, column, colour].permute(2, 0, 1)
        offset.weight[range(CHANNELS), range(CHANNELS), 1, 1] = 1
        offset.bias.copy_(-((1 + torch.from_numpy(projection.mean)) @ weights))
    return model


def pipeline(
    *, tokenizer: CLIPTokenizer, text: CLIPTextModel, unet: UNet2DConditionModel, vae: AutoencoderTiny
) -> StableDiffusionPipeline:
    """The parts as an ordinary pipeline without a safety checker."""
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
