"""Loaders of PyTorch: the same bytes for every sample, however it is loaded, and what becomes of errors."""

from __future__ import annotations

import dataclasses
import doctest
import io
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from helpers import pipeline as samples

import augment
import augment.pipeline
import imgproc

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'imgproc-augment[torch]'")

from augment.pipeline import AugmentedDataset, KeyedSampler, SampleError, ThreadLoader, collate, loader  # noqa: E402

pytestmark = [
    # Python 3.12 and later warn of a fork of a process with threads, which is what a DataLoader does.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),  # more workers than CPUs
    pytest.mark.filterwarnings("ignore:'set_vital' is deprecated:UserWarning"),  # torchdata calls it
]
FORK, SPAWN = "fork", "spawn"


def dataset(**options: Any) -> AugmentedDataset:
    given = {"shape": samples.SIZE, "id": "name", **options}
    source = given.pop("source", None) or samples.Samples()
    return AugmentedDataset(source, samples.chain(), **given)


def two_epochs() -> list[Any]:
    keys = KeyedSampler(samples.COUNT, shuffle=True, seed=3)
    return samples.expected([*keys, *keys])


@pytest.fixture(scope="module")
def wanted() -> list[Any]:
    return two_epochs()


def test_the_order_of_an_epoch_depends_on_seed_and_epoch() -> None:
    first = KeyedSampler(100, shuffle=True, seed=3)
    epochs = [list(first), list(first)]
    assert [sorted(epoch) for epoch in epochs] == [[(e, i) for i in range(100)] for e in (0, 1)]
    assert [index for _, index in epochs[0]] != [index for _, index in epochs[1]]
    assert list(KeyedSampler(100, shuffle=True, seed=3, epoch=1)) == epochs[1]
    assert list(KeyedSampler(100, shuffle=True, seed=4)) != epochs[0]


@pytest.mark.parametrize(
    ("workers", "batch_size", "options"),
    [
        (0, 7, {}),
        (1, 7, {"persistent_workers": True}),
        (2, 1, {"persistent_workers": True}),
        (2, 7, {}),
        (2, 64, {}),
        (2, 5, {"multiprocessing_context": SPAWN, "persistent_workers": True}),
        (4, 7, {"persistent_workers": True, "prefetch_factor": 1}),
    ],
)
def test_a_dataloader_gives_what_the_chain_gives(
    wanted: list[Any], workers: int, batch_size: int, options: dict[str, Any]
) -> None:
    if workers and "multiprocessing_context" not in options:
        options = {**options, "multiprocessing_context": FORK}
    batches = loader(dataset(), batch_size=batch_size, shuffle=True, seed=3, workers=workers, **options)
    assert samples.seen(batches) + samples.seen(batches) == wanted


@pytest.mark.skipif("in_order" not in torch.utils.data.DataLoader.__init__.__annotations__, reason="PyTorch before 2.6")
def test_batches_out_of_order_have_the_same_samples(wanted: list[Any]) -> None:
    batches = loader(dataset(), batch_size=2, shuffle=True, seed=3, workers=2, in_order=False)
    assert sorted(samples.seen(batches) + samples.seen(batches)) == sorted(wanted)


@pytest.mark.parametrize(
    ("workers", "batch_size", "prefetch"), [(1, 7, 1), (2, 1, 3), (2, 7, 2), (4, 64, 1), (3, 5, 9)]
)
def test_threads_give_what_the_chain_gives(wanted: list[Any], workers: int, batch_size: int, prefetch: int) -> None:
    batches = ThreadLoader(dataset(), batch_size=batch_size, shuffle=True, seed=3, workers=workers, prefetch=prefetch)
    assert samples.seen(batches) + samples.seen(batches) == wanted
    assert batches.epoch == 2


def test_batches_that_a_sampler_makes() -> None:
    groups = [[3, 1], [0], [5, 4, 2]]
    wanted = [[[epoch, index] for index in group] for epoch in range(2) for group in groups]
    for batches in (ThreadLoader(dataset(), batch_sampler=groups), loader(dataset(), batch_sampler=groups)):
        assert len(batches) == 3
        found = [*batches, *batches]
        assert [batch["keys"].tolist() for batch in found] == wanted
        assert samples.seen(found) == samples.expected([tuple(key) for batch in wanted for key in batch])


def test_two_ranks_share_an_epoch() -> None:
    both = []
    for rank in range(2):
        sampler = torch.utils.data.DistributedSampler(samples.Samples(), num_replicas=2, rank=rank, seed=1)
        threads = ThreadLoader(dataset(), batch_size=5, sampler=sampler)
        processes = loader(dataset(), batch_size=4, sampler=KeyedSampler(sampler))
        own = [samples.seen(threads) for _ in range(2)]
        assert own == [samples.seen(processes) for _ in range(2)]
        assert [key[1] for key, _ in own[0]] != [key[1] for key, _ in own[1]]
        both += [each for epoch in own for each in epoch]
    keys = [(epoch, index) for epoch in range(2) for index in range(samples.COUNT)]
    assert sorted(both) == sorted(samples.expected(keys))


@pytest.mark.parametrize("drop_last", [False, True])
def test_threads_go_on_after_every_batch(wanted: list[Any], drop_last: bool) -> None:
    def make() -> ThreadLoader:
        return ThreadLoader(dataset(), batch_size=7, shuffle=True, seed=3, workers=2, drop_last=drop_last)

    whole = make()
    epochs = [samples.seen(whole), samples.seen(whole)]
    for stop in range(len(whole) + 1):
        first = make()
        batches = iter(first)
        before = samples.seen([next(batches) for _ in range(stop)])
        state = first.state_dict()
        second = make()
        second.load_state_dict(state)
        assert second.epoch == (stop == len(whole))  # after the last batch the next epoch comes
        after = [] if second.epoch else samples.seen(second)
        assert before + after == epochs[0]
        assert samples.seen(second) == epochs[1]
    assert wanted[:21] == epochs[0][:21]


@pytest.mark.parametrize(("workers", "batch_size"), [(0, 7), (0, 6), (2, 8)])
def test_a_stateful_dataloader_goes_on_after_every_batch(wanted: list[Any], workers: int, batch_size: int) -> None:
    pytest.importorskip("torchdata", reason="torchdata is not installed: pip install 'imgproc-augment[torch]'")

    def make() -> Any:
        return loader(dataset(), batch_size=batch_size, shuffle=True, seed=3, workers=workers, stateful=True)

    for stop in range(1, len(make()) + 1):
        first = make()
        batches = iter(first)
        before = samples.seen([next(batches) for _ in range(stop)])
        second = make()
        second.load_state_dict(first.state_dict())
        del batches, first
        if len(before) < samples.COUNT:  # after the last batch the next epoch comes
            assert before + samples.seen(second) == wanted[: samples.COUNT]
        assert samples.seen(second) == wanted[samples.COUNT :]


def test_samplers_of_pytorch_go_on_with_the_order_that_they_had() -> None:
    def own(generator: Any) -> KeyedSampler:
        return KeyedSampler(torch.utils.data.RandomSampler(range(50), generator=generator), seed=9)

    for given in (None, torch.Generator().manual_seed(4)):
        sampler = own(given)
        first = list(sampler)
        keys = iter(sampler)
        head = [next(keys) for _ in range(20)]
        state = sampler.state_dict()
        tail = list(keys)
        again = own(None if given is None else torch.Generator())
        again.load_state_dict(state)
        assert list(again) == tail
        assert [index for _, index in first] != [index for _, index in head + tail]
    batched = KeyedSampler(torch.utils.data.BatchSampler(range(5), 2, False), epoch=4)
    assert list(batched) == [[(4, 0), (4, 1)], [(4, 2), (4, 3)], [(4, 4)]]


# --- errors -----------------------------------------------------------------------------------------------------------


def threads_left() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("ThreadLoader")]


@pytest.mark.parametrize("workers", [0, 1])
def test_the_sample_that_fails_is_named(workers: int) -> None:
    broken = dataset(source=samples.Samples(broken=13))
    with pytest.raises(SampleError, match=r"sample 13, key \(0, 13\): OSError: the disk is gone"):
        list(loader(broken, batch_size=5, workers=workers))
    threads = ThreadLoader(broken, batch_size=5, workers=2)
    batches = iter(threads)
    found = [next(batches), next(batches)]
    with pytest.raises(SampleError, match=r"sample 13, key \(0, 13\): OSError: the disk is gone") as error:
        next(batches)
    assert isinstance(error.value.__cause__, OSError)
    assert threads.state_dict()["position"] == 10
    assert len(samples.seen(found)) == 10
    assert not threads_left()
    other = dataset(source=samples.Samples(), shape=(32, 40))
    with pytest.raises(SampleError, match=r"sample 'photo 0'.*shape of the data set, \(32, 40\), got \(32, 48\)"):
        next(iter(ThreadLoader(other)))


def test_a_pass_that_is_left_ends_its_threads() -> None:
    threads = ThreadLoader(dataset(), batch_size=3, workers=2)
    for _ in threads:
        break
    end = time.monotonic() + 10
    while threads_left() and time.monotonic() < end:
        time.sleep(0.01)
    assert not threads_left()
    assert threads.state_dict() == {"epoch": 0, "position": 3}
    ahead = ThreadLoader(dataset(), batch_size=8, prefetch=9)  # all keys are taken before the first batch is given
    for epoch in (0, 0, 4):
        if epoch:
            ahead.sampler.set_epoch(epoch)  # as Lightning does
        assert next(iter(ahead))["keys"][0].tolist() == [epoch, 0]
    assert [key for key, _ in samples.seen(threads)] == [(0, index) for index in range(samples.COUNT)]


def test_ctrl_c_ends_a_pass(run_python: Callable[..., str]) -> None:
    program = """
import os, signal, sys, threading, time
sys.path.insert(0, os.path.join(os.environ["PYTHONPATH"], "tests"))
from helpers import pipeline as samples
from augment.pipeline import AugmentedDataset, ThreadLoader

threads = ThreadLoader(AugmentedDataset(samples.Samples(wait=0.2), samples.chain()), batch_size=8, workers=2)
batches = iter(threads)
next(batches)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
start = time.monotonic()
try:
    list(batches)
    print("nothing came")
except KeyboardInterrupt:
    print("stopped", time.monotonic() - start < 5)
print([thread.name for thread in threading.enumerate() if "ThreadLoader" in thread.name])
threads.dataset.source.wait = 0
print(len(list(threads)), flush=True)
left = iter(threads)
next(left)  # the interpreter ends with an open pass
"""
    assert run_python(program).splitlines() == ["stopped True", "[]", "3"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_worker_that_is_killed_is_named_within_ten_seconds() -> None:
    batches = iter(loader(dataset(source=samples.Samples(wait=0.05)), workers=2))
    next(batches)
    worker = batches._workers[1].pid
    os.kill(worker, signal.SIGKILL)
    start = time.monotonic()
    with pytest.raises(RuntimeError, match=rf"DataLoader worker \(pid(?:\(s\))? {worker}\)"):
        list(batches)
    assert time.monotonic() - start < 10


def test_a_dataloader_made_by_hand_is_told_what_is_missing() -> None:
    plain = torch.utils.data.DataLoader(dataset(), batch_size=4)
    with pytest.raises(TypeError, match="KeyedSampler"):
        next(iter(plain))
    keyed = {"sampler": KeyedSampler(samples.COUNT), "batch_size": 4}
    with pytest.raises(TypeError, match=r"collate_fn=augment\.pipeline\.collate"):
        next(iter(torch.utils.data.DataLoader(dataset(), **keyed)))
    made = torch.utils.data.DataLoader(dataset(), collate_fn=collate, **keyed)
    assert samples.seen(made) == samples.expected([(0, index) for index in range(samples.COUNT)])


@pytest.mark.parametrize("value", [1, "yes", None])
@pytest.mark.parametrize(
    ("make", "flag"),
    [
        *((loader, flag) for flag in ("shuffle", "drop_last", "stateful")),
        *((ThreadLoader, flag) for flag in ("shuffle", "drop_last", "pin_memory")),
    ],
)
def test_flags_are_bools(make: Callable[..., Any], flag: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{flag} must be True or False, got "):
        make(dataset(), **{"batch_size": 2, "shuffle": False, flag: value})


def test_one_sample_has_its_other_targets_as_tensors() -> None:
    one = dataset()[0, 1]
    batch = dataset().__getitems__([(0, 1)])
    boxes = [name for name in one if isinstance(one[name], torch.Tensor) and name != "image"]
    assert boxes
    for name in boxes:
        many = batch[{"mask": "masks"}.get(name, name)]
        assert torch.equal(one[name], many[0])


# --- what a batch has -------------------------------------------------------------------------------------------------


def test_what_a_batch_has() -> None:
    batch = next(iter(ThreadLoader(dataset(), batch_size=6)))
    assert {name: type(value).__name__ for name, value in batch.items()} == {
        "images": "Tensor", "masks": "Tensor", "boxes": "Ragged", "labels": "Ragged", "label": "Tensor",
        "name": "list", "ids": "list", "keys": "Tensor",
    }  # fmt: skip
    assert (batch["images"].shape, batch["masks"].shape) == ((6, 3, *samples.SIZE), (6, *samples.SIZE))
    assert [len(boxes) for boxes in batch["boxes"]] == [0, 1, 2, 3, 0, 1]
    assert batch["boxes"][3].dtype == torch.float32
    assert batch["labels"][3].tolist() == [0, 1, 2]
    assert batch["ids"] == batch["name"] == [f"photo {k}" for k in range(6)]
    singles = [dataset()[0, k] for k in range(6)]
    assert torch.equal(collate(singles)["images"], batch["images"])
    assert singles[3]["key"] == (0, 3) and singles[3]["label"] == 0


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32"])
@pytest.mark.parametrize("channels", [0, 1, 3])
def test_layouts_and_dtypes(dtype: str, channels: int) -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (20, 30, channels)[: 3 if channels else 2], np.uint8) for _ in range(4)]
    chain = augment.Compose([augment.HorizontalFlip(), augment.Affine(rotate=(-9, 9))])
    plain = chain.batch(images, keys=[(0, k) for k in range(4)])["images"].reshape(4, 20, 30, -1)
    scale = 1 if dtype == "uint8" else 255
    for memory_format in (torch.contiguous_format, "channels_last"):
        made = AugmentedDataset(images, chain, dtype=getattr(torch, dtype), memory_format=memory_format)
        for batches in (ThreadLoader(made, batch_size=4), loader(made, batch_size=4, workers=1)):
            (batch,) = batches
            assert batch["images"].shape == (4, max(channels, 1), 20, 30)
            assert batch["images"].dtype == getattr(torch, dtype)
            kept = memory_format if memory_format == torch.contiguous_format else torch.channels_last
            assert batch["images"].is_contiguous(memory_format=kept)
            found = batch["images"].permute(0, 2, 3, 1).double().numpy() * scale
            np.testing.assert_allclose(found, plain, atol=0.1 if dtype == "float16" else 1e-4)


def test_samples_of_many_kinds() -> None:
    image = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    chain = augment.Compose([augment.Rotate90()])
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "png")
    kinds = [
        image, {"image": image}, (image, 2), PIL.Image.fromarray(image), file.getvalue(),
        torch.from_numpy(image).permute(2, 0, 1), {"image": {"bytes": file.getvalue(), "path": None}},
    ]  # fmt: skip
    made = AugmentedDataset(kinds, chain)
    for k in range(len(kinds)):
        expected = chain(image=image, key=(0, k))["image"]
        np.testing.assert_array_equal(made[0, k]["image"].permute(1, 2, 0).numpy(), expected)
    assert made[0, 2]["label"] == 2
    decoded = AugmentedDataset(
        [b"1"] * 3, chain, decode=lambda data, key: {"image": image, "label": key[0] + int(data)}
    )
    assert decoded[4, 2]["label"] == 5
    elsewhere = AugmentedDataset([{"a": image, "b": 7}], chain, image="a", targets={"label": "b"}, id=lambda s: s["b"])
    assert elsewhere[0, 0]["id"] == elsewhere[0, 0]["label"] == 7


def test_no_more_is_decoded_than_is_shown() -> None:
    """Of a large photo: the frame of the boxes stays that of the whole image, and loaders agree."""
    image = imgproc.resize(samples.Samples()[1]["image"], size=(1100, 1300))
    source = [{"image": imgproc.encode_image(image, format="jpg"), "boxes": [(100, 200, 700, 900)], "labels": [1]}] * 6
    chain = augment.Compose([augment.ResizedCrop((64, 64), scale=(0.3, 1)), augment.HorizontalFlip()])
    whole = next(iter(loader(AugmentedDataset(source, chain, shape=(64, 64)), batch_size=6)))
    parts = AugmentedDataset(source, chain, shape=(64, 64), decode="window")
    one, other = next(iter(ThreadLoader(parts, batch_size=6))), next(iter(loader(parts, batch_size=6, workers=1)))
    assert torch.equal(one["images"], other["images"])
    assert not torch.equal(one["images"], whole["images"])
    assert (one["images"].float() - whole["images"].float()).abs().mean() < 12
    assert all(torch.equal(*pair) for pair in zip(one["boxes"], whole["boxes"]))


def test_images_of_several_sizes_are_a_list() -> None:
    many = [np.random.default_rng(k).integers(0, 256, (20 + k % 3, 30, 3), np.uint8) for k in range(40)]
    own = AugmentedDataset(many, augment.Compose([augment.HorizontalFlip()]))
    wanted = [own[0, k]["image"] for k in range(40)]
    for batches in (ThreadLoader(own, batch_size=4), loader(own, batch_size=4, workers=1)):
        kept = [image for batch in batches for image in batch["images"]]  # none lies in memory that is used again
        assert all(torch.equal(*pair) for pair in zip(kept, wanted, strict=True))
    images = [np.zeros((20 + k, 30, 3), np.uint8) for k in (0, 0, 1, 2)]
    for batches in (
        ThreadLoader(AugmentedDataset(images, augment.Compose([augment.HorizontalFlip()])), batch_size=4),
        loader(AugmentedDataset(images, augment.Compose([augment.HorizontalFlip()])), batch_size=4, workers=1),
    ):
        (batch,) = batches
        assert [tuple(image.shape) for image in batch["images"]] == [(3, 20 + k, 30) for k in (0, 0, 1, 2)]


@pytest.mark.parametrize("memory_format", ["contiguous_format", "channels_last"])
@pytest.mark.parametrize("name", ["MixUp", "CutMix"])
def test_batches_are_mixed_by_their_keys(name: str, memory_format: str) -> None:
    images = [image for image in (samples.Samples()[k]["image"][:40] for k in range(12))]
    chain = augment.Compose([augment.HorizontalFlip()], dtype="float32", seed=8)
    mix = getattr(augment, name)(num_classes=3)
    made = AugmentedDataset([(image, k % 3) for k, image in enumerate(images)], chain, memory_format=memory_format)
    keys = [(0, k) for k in range(6)]
    plain = chain.batch(images[:6], keys=keys)["images"]
    expected, labels, info = mix(plain, [k % 3 for k in range(6)], keys=keys, seed=8)
    for batches in (ThreadLoader(made, batch_size=6, mix=mix), loader(made, batch_size=6, mix=mix, workers=1)):
        batch = next(iter(batches))
        np.testing.assert_array_equal(batch["images"].permute(0, 2, 3, 1).numpy(), expected)
        np.testing.assert_array_equal(batch["label"].numpy(), labels)
        np.testing.assert_array_equal(batch["mix"][0].partners, info.partners)
    half = AugmentedDataset(made.source, chain, memory_format=memory_format, dtype="float16")
    batch = next(iter(ThreadLoader(half, batch_size=6, mix=mix)))
    assert batch["images"].dtype == torch.float16
    np.testing.assert_allclose(batch["images"].permute(0, 2, 3, 1).numpy(), expected, atol=1e-3)


def test_boxes_are_mixed_with_their_images() -> None:
    made = AugmentedDataset(samples.Samples(), samples.chain(), shape=samples.SIZE, targets=["boxes", "labels"])
    mix = augment.Mosaic()
    one, other = (
        next(iter(batches))
        for batches in (ThreadLoader(made, batch_size=8, mix=mix), loader(made, batch_size=8, mix=mix, workers=2))
    )
    assert torch.equal(one["images"], other["images"])
    for name in ("boxes", "labels", "box_weights"):
        assert all(torch.equal(*pair) for pair in zip(one[name], other[name], strict=True))
    assert sum(map(len, one["boxes"])) > sum(k % 4 for k in range(8))


def test_memory_is_used_again_and_never_under_a_tensor() -> None:
    threads = ThreadLoader(dataset(), batch_size=4, workers=2, prefetch=1)
    kept, places = [], []
    for _ in range(4):
        for batch in threads:
            kept.append((batch["images"], batch["images"].clone()))
            places.append(batch["images"].data_ptr())
            del kept[:-3]
            assert all(torch.equal(*pair) for pair in kept)
    assert len(set(places)) < 10 < len(places)
    workers = loader(dataset(), batch_size=2, workers=1)
    kept = [(batch["images"], batch["images"].clone()) for batch in workers]
    assert all(torch.equal(*pair) for pair in kept)


def test_pinned_memory() -> None:
    if not torch.cuda.is_available():
        with pytest.warns(UserWarning, match="no accelerator"):
            threads = ThreadLoader(dataset(), batch_size=4, pin_memory=True)
        assert not threads.pin_memory
        return
    threads = ThreadLoader(dataset(), batch_size=4, pin_memory=True, shuffle=True, seed=3)
    found = []
    for batch in threads:
        assert batch["images"].is_pinned()
        found.append({**batch, "images": batch["images"].to("cuda", non_blocking=True)})
    torch.cuda.synchronize()
    assert samples.seen([{**b, "images": b["images"].cpu()} for b in found]) == two_epochs()[: samples.COUNT]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AugmentedDataset(5, samples.chain()), "source must have a length"),
        (lambda: AugmentedDataset([], lambda image: image), "chain must be a Compose"),
        (lambda: AugmentedDataset([], samples.chain(), dtype="int8"), "dtype must be one of"),
        (lambda: AugmentedDataset([], samples.chain(), memory_format="nhwc"), "memory_format must be one of"),
        (lambda: AugmentedDataset([], samples.chain(), targets="boxes"), "targets must be a dict or a sequence"),
        (lambda: AugmentedDataset([], samples.chain(), decode="fast"), "decode must be one of"),
        (lambda: ThreadLoader([1, 2]), "dataset must be an AugmentedDataset"),
        (lambda: ThreadLoader(dataset(), prefetch=0), "prefetch must be >= 1"),
        (lambda: ThreadLoader(dataset(), shuffle=True, sampler=[1]), "shuffle must be False"),
        (lambda: ThreadLoader(dataset(), sampler=[1], batch_sampler=[[1]]), "sampler must be left out"),
        (lambda: ThreadLoader(dataset(), mix="MixUp"), "mix must be a mixing"),
        (lambda: loader(dataset(), num_workers=2), "num_workers is not taken: use workers"),
        (lambda: KeyedSampler(None), "sampler must be an integer or an iterable"),
        (lambda: KeyedSampler(3).load_state_dict({"epoch": 1}), "state must be a dict with 'position'"),
        (lambda: collate([{"image": 1}, {"mask": 1}]), "samples must all have the same names"),
    ],
)
def test_what_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_examples_of_the_docstrings() -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    ran = 0
    for name in augment.pipeline.__all__:
        for part in doctest.DocTestFinder(recurse=False).find(
            getattr(augment.pipeline, name), name, globs={"image": image, "np": np}
        ):
            flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            result = doctest.DocTestRunner(optionflags=flags).run(part)
            assert not result.failed
            ran += result.attempted > 0
    assert ran >= 5


# --- Lightning, torchvision -------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # Lightning has much to say about workers, and about what PyTorch deprecates
def test_lightning_takes_a_thread_loader_and_goes_on_with_it(tmp_path: Path) -> None:
    lightning = pytest.importorskip("pytorch_lightning", reason="pip install pytorch-lightning")

    class Model(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)
            self.keys: list[Any] = []

        def training_step(self, batch: Any, number: int) -> Any:
            self.keys.append(batch["keys"].tolist())
            return self.layer(batch["images"].mean().reshape(1, 1)).sum()

        def on_train_batch_end(self, *args: Any) -> None:
            if self.trainer.global_step == 2:
                self.trainer.save_checkpoint(tmp_path / "made.ckpt")

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    def fit(checkpoint: Path | None = None) -> list[Any]:
        model = Model()
        trainer = lightning.Trainer(
            max_steps=8, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
            enable_model_summary=False, default_root_dir=tmp_path,
        )  # fmt: skip
        threads = ThreadLoader(dataset(), batch_size=7, shuffle=True, seed=3, workers=2)
        trainer.fit(model, threads, ckpt_path=checkpoint)
        return model.keys

    keys = KeyedSampler(samples.COUNT, shuffle=True, seed=3)
    wanted = [[list(key) for key in epoch[k : k + 7]] for epoch in (list(keys), list(keys)) for k in range(0, 24, 7)]
    assert fit() == wanted
    assert fit(tmp_path / "made.ckpt") == wanted[2:]


def test_tensors_of_torchvision_at_the_door() -> None:
    tv = pytest.importorskip("torchvision.tv_tensors", reason="torchvision is not installed, or does not fit PyTorch")
    image = torch.from_numpy(samples.Samples()[1]["image"]).permute(2, 0, 1)
    corners = torch.tensor([[5.0, 6, 30, 35]])
    boxes = {
        "XYXY": corners,
        "XYWH": torch.tensor([[5.0, 6, 25, 29]]),
        "CXCYWH": torch.tensor([[17.5, 20.5, 25, 29]]),
    }
    size = tuple(image.shape[-2:])
    source = [
        {
            "image": tv.Image(image),
            "boxes": tv.BoundingBoxes(given, format=name, canvas_size=size),
            "labels": torch.tensor([4]),
            "mask": tv.Mask(torch.ones(size, dtype=torch.uint8)),
        }
        for name, given in boxes.items()
    ]
    chain = augment.Compose([augment.HorizontalFlip(p=1.0)])
    for kind in ("pascal_voc", "coco"):
        own = AugmentedDataset(source, dataclasses.replace(chain, box_format=kind), tv_tensors=True)
        singles = [own[0, k] for k in range(3)]
        for batches in (ThreadLoader(own, batch_size=3), loader(own, batch_size=3, workers=1)):
            (batch,) = batches
            assert type(batch["images"]) is tv.Image and type(batch["masks"]) is tv.Mask
            for found in (*batch["boxes"], *(single["boxes"] for single in singles)):
                assert type(found) is tv.BoundingBoxes and found.canvas_size == size
                expected = (20, 6, 45, 35) if kind == "pascal_voc" else (20, 6, 25, 29)
                assert found.tolist() == [list(expected)]
    rotated = [{**source[0], "boxes": tv.BoundingBoxes(torch.ones(1, 5), format="XYWHR", canvas_size=size)}]
    with pytest.raises(SampleError, match="not supported yet"):
        AugmentedDataset(rotated, chain)[0, 0]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is read from /proc")
def test_memory_stays_flat(run_python: Callable[..., str]) -> None:
    """A short run of ``python tests/helpers/soak.py --minutes 30``."""
    program = """
import os, sys
sys.path.insert(0, os.path.join(os.environ["PYTHONPATH"], "tests"))
from helpers.soak import GROWTH, STUCK, soak

growth, longest = soak(9)
print(growth < GROWTH, longest < STUCK, growth, longest)
"""
    assert run_python(program).split()[:2] == ["True", "True"]


def test_batches_share_no_memory_with_the_source() -> None:
    source = [
        {"image": np.full((8, 9, 3), 7, np.uint8), "boxes": np.ones((1, 4), np.float32) * (1, 1, 5, 5), "labels": [3],
         "mask": np.ones((8, 9), np.uint8), "scores": np.ones(2 + k, np.float32)}
        for k in range(2)
    ]  # fmt: skip
    made = AugmentedDataset(source, augment.Compose([augment.HorizontalFlip(p=0.0)], extra_names=("scores",)))
    for found in (next(iter(ThreadLoader(made, batch_size=2))), collate([made[0, 0], made[0, 1]])):
        for name in ("images", "masks", "boxes", "scores"):
            for each in found[name]:
                each.zero_()
    assert all(sample[name].all() for sample in source for name in ("image", "mask", "boxes", "scores"))
