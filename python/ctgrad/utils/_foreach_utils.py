"""What optimizers ask before they update many tensors by one call: which of them go together."""

__all__ = []


def _group_tensors_by_device_and_dtype(tensorlistlist, with_indices=False):
    """{(device, dtype): (lists, indices)}: of each list the tensors that stand where the first list has those of that device and dtype.

    None may stand in the lists after the first; indices is empty unless asked for.
    """
    groups = {}
    for place, first in enumerate(tensorlistlist[0]):
        lists, places = groups.setdefault((first.device, first.dtype), ([[] for _ in tensorlistlist], []))
        for found, tensors in zip(lists, tensorlistlist, strict=True):
            found.append(tensors[place] if tensors else None) if tensors else None
        if with_indices:
            places.append(place)
    return groups


def _has_foreach_support(tensors, device):
    """True: there is one kind of device."""
    return True
