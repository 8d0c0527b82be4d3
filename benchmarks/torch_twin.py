"""The default network in PyTorch, as one would write it there: what the speed is compared with."""

import numpy as np
import torch
from torch import nn


class ConvLSTM(nn.Module):
    """The recurrence of Keras's `ConvLSTM2D`, with all gates in one convolution a step."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.filters = filters
        self.gates = nn.Conv2d(channels + filters, 4 * filters, 3, padding=1)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """From `(batch, time, channels, height, width)` to the same with `filters` channels."""
        batch, _, _, height, width = clips.shape
        state = memory = clips.new_zeros(batch, self.filters, height, width)
        states = []
        for frame in clips.unbind(1):
            gates = self.gates(torch.cat((frame, state), 1))
            entry, keep, new, out = gates.chunk(4, 1)
            memory = keep.sigmoid() * memory + entry.sigmoid() * new.tanh()
            state = out.sigmoid() * memory.tanh()
            states.append(state)
        return torch.stack(states, 1)


class Twin(nn.Module):
    """The layers of `abnormal.models.spatiotemporal`."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 128, 11, 4), nn.ReLU(), nn.Conv2d(128, 64, 5, 2), nn.ReLU()
        )
        self.recurrent = nn.Sequential(ConvLSTM(64, 64), ConvLSTM(64, 32), ConvLSTM(32, 64))
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(64, 128, 5, 2),
            nn.ReLU(),
            nn.ConvTranspose2d(128, 1, 11, 4),
            nn.Sigmoid(),
        )

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """From `(batch, time, 1, height, width)` to the same."""
        codes = self.encoder(clips.flatten(0, 1)).unflatten(0, clips.shape[:2])
        return self.decoder(self.recurrent(codes).flatten(0, 1)).unflatten(0, clips.shape[:2])


class TorchRuns:
    """The twin's scoring and training, on clips as Keras has them, on a graphics card if there is
    one.
    """

    def __init__(self) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._twin = Twin().to(self._device)
        self._adam = torch.optim.Adam(self._twin.parameters(), 1e-3)

    def score(self, clips: np.ndarray) -> np.ndarray:
        """Reconstructs a batch of clips."""
        with torch.inference_mode():
            return self._twin(self._channels_second(clips)).numpy(force=True)

    def train(self, clips: np.ndarray) -> float:
        """Trains on a batch of clips for one step, and returns its loss."""
        batch = self._channels_second(clips)
        self._adam.zero_grad()
        loss = nn.functional.mse_loss(self._twin(batch), batch)
        loss.backward()
        self._adam.step()
        return loss.item()  # waits for the device, as Keras does

    def _channels_second(self, clips: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(clips).to(self._device).movedim(-1, 2)
