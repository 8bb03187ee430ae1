"""Chains in pipelines of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.check import flag, integer, one_of
from imgproc._core.needed import needed

from .._parameters import Parameters
from ..compose import Compose
from ._rows import key_number

__all__ = ["ChainTransformer"]

WHEN = ("always", "fit")


class ChainTransformer(Parameters):
    """A chain as a transformer of scikit-learn, for `Pipeline` and `GridSearchCV`.

    It has no state: `fit` checks, and image i of a call has the key (epoch, i), or that of `keys`.  So calls repeat
    each other, also in a grid search.

    Parameters
    ----------
    chain : Compose
        All its images must have one size in the end, such as after `Resize`, if `flatten` is True.
    when : {"always", "fit"}
        ``"always"`` transforms whatever comes, as a scaler does: for chains that prepare images.  ``"fit"`` does so
        only in `fit_transform`, which a `Pipeline` calls when it is fitted, and leaves images as they are when it
        predicts: for chains that augment.
    image_shape : (h, w) or (h, w, c), optional
        Of images that come as rows of a matrix (n, h w c), as scikit-learn's data sets have them.
    flatten : bool
        Give rows of a matrix, as estimators want them.
    epoch : int
        The first part of the key.

    Notes
    -----
    The number of images never changes.  The samplers of this library, such as `augment.SMOTE`, change it, and need the
    `Pipeline` of imbalanced-learn: that of scikit-learn knows no ``fit_resample``.

    Examples
    --------
    >>> import augment
    >>> from augment.pipeline import ChainTransformer
    >>> shrink = ChainTransformer(augment.Compose([augment.Resize(size=(4, 4))]), flatten=True)
    >>> shrink.fit_transform([image, image]).shape
    (2, 48)
    """

    def __init__(
        self,
        chain: Compose,
        *,
        when: str = "always",
        image_shape: tuple[int, ...] | None = None,
        flatten: bool = False,
        epoch: int = 0,
    ) -> None:
        self.chain, self.when, self.image_shape, self.flatten, self.epoch = chain, when, image_shape, flatten, epoch

    def __sklearn_tags__(self) -> Any:
        with needed("sklearn"):
            from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags
        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            input_tags=InputTags(two_d_array=self.image_shape is not None, three_d_array=self.image_shape is None),
            requires_fit=False,
        )

    def __sklearn_is_fitted__(self) -> bool:
        return True

    # --- transforming -------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any = None, *, keys: Any = None) -> ChainTransformer:
        """Check the parameters; nothing is learned.

        Parameters
        ----------
        X : sequence of ndarray, or ndarray
            Images, as in `transform`.
        y, keys
            Not used.

        Returns
        -------
        ChainTransformer
            Itself.
        """
        self._check()
        return self

    def fit_transform(self, X: Any, y: Any = None, *, keys: Any = None) -> Any:
        """Apply the chain.

        Parameters
        ----------
        X : sequence of ndarray, or ndarray of shape (n, h, w), (n, h, w, c) or (n, h w c)
        y
            Not used.
        keys : sequence of int or str, optional
            What names each image; default: its number.

        Returns
        -------
        ndarray or list of ndarray
            As from `transform`.
        """
        return self._made(X, keys, apply=True)

    def transform(self, X: Any, *, keys: Any = None) -> Any:
        """Apply the chain, or with ``when="fit"`` leave images as they are.

        Parameters
        ----------
        X : sequence of ndarray, or ndarray of shape (n, h, w), (n, h, w, c) or (n, h w c)
        keys : sequence of int or str, optional
            What names each image; default: its number.

        Returns
        -------
        ndarray or list of ndarray
            One array if all images have one shape, and a list otherwise; rows of a matrix with `flatten`.

        Raises
        ------
        TypeError, ValueError
            If a parameter or an image is wrong, or images have several sizes and shall become rows.
        """
        self._check()
        return self._made(X, keys, apply=self.when == "always")

    def _check(self) -> None:
        if not isinstance(self.chain, Compose):
            raise TypeError(f"chain must be a Compose, got {type(self.chain).__name__}")
        one_of(self.when, "when", WHEN)
        flag(self.flatten, "flatten")
        integer(self.epoch, "epoch", at_least=0)

    def _made(self, X: Any, keys: Any, *, apply: bool) -> Any:
        self._check()
        images: Any = X
        if self.image_shape is not None:
            rows = np.asarray(X)
            if rows.ndim != 2 or rows.shape[1] != np.prod(self.image_shape):
                raise ValueError(f"X must have shape (n, {np.prod(self.image_shape)}), got {rows.shape}")
            images = rows.reshape(len(rows), *self.image_shape)
        numbers = range(len(images)) if keys is None else [key_number(key) for key in keys]
        made: Any = images
        if apply and len(images):
            given = images if self.image_shape is None else list(images)  # rows say what they are: no need to guess
            made = self.chain.batch(given, keys=[(self.epoch, number) for number in numbers])["images"]
        if not self.flatten:
            return made
        if not isinstance(made, np.ndarray) and len({image.shape for image in made}) > 1:
            raise ValueError("images must have one size in the end where they become rows, as after Resize")
        array = np.asarray(made)
        return array.reshape(len(array), -1) if array.size else array.reshape(len(array), 0)
